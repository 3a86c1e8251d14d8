"""What the law forbids or limits, whoever prescribes."""
