"""What a prescription must say and how it must be written."""
