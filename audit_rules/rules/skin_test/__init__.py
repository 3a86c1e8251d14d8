"""Skin tests before injection."""
