"""What may not be mixed in one container."""
