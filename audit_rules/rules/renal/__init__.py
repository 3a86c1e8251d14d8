"""Doses and drugs against kidney function."""
