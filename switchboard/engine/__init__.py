"""The Rasa side of a turn. Besides `channels.adapter` and `nlu.temper` nothing else imports Rasa."""
