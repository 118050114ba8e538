"""Starts, supervises and stops everything that a running bot consists of. Imports neither Rasa nor a channel."""
