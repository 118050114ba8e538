"""Who goes on where the bot should not, and how the bot comes back. Imports neither Rasa nor a channel."""
