"""Routes that harm."""
