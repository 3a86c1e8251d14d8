"""How often."""
