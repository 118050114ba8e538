"""What Switchboard adds to how Rasa understands messages: components for the pipeline of any project."""
