"""Who may prescribe this."""
