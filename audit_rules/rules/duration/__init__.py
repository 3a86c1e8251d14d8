"""How long."""
