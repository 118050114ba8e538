"""The Rasa side of a turn. The only package, with `channels.adapter`, that imports Rasa."""
