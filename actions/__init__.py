"""What the bot does, one module for each flow. Modules stay flat, as Rasa's action server wants them."""
