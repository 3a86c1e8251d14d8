"""Internet care and delivery."""
