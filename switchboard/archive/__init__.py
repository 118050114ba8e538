"""The archive: every log in SQL, and the history of a conversation from both."""
