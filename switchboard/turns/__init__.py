"""Turns: take the next unanswered message of a conversation, have it answered, and append what comes back."""
