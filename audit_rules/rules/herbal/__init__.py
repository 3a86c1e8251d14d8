"""Decoctions and patent medicines."""
