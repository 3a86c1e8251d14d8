"""Doses and drugs against the state of the liver."""
