"""The edge: HTTP to log entries, log entries to HTTP. No business rules, no Rasa (but in `adapter`)."""
