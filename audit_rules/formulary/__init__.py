"""The formulary for people: its pages, new drugs by hand, and what a hospital's own list means. No rule leans on it."""
