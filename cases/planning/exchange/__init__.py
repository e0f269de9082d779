"""What exchanges send, each in its own words, as one event of one call. What is not about a caller of ours is None."""
