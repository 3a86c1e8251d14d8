"""One folder a danger, one file a rule. The catalogue finds them by walking; there is no list to keep."""
