"""The chat for Socket.IO's clients: `send_message`, `receive_message`, and the whole stream for who asks for it."""
