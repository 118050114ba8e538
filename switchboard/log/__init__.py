"""The spine: one ordered log per conversation. The only package that knows how the log is kept in Redis."""
