"""Facts as rows: one CSV a table, every row names its source in `sources.yaml`."""
