"""SQL: what outlives the log."""
