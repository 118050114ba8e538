"""Brings what happens in all conversations to a message broker: confirmed, in order, at least once."""
