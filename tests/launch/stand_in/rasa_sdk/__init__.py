"""Stands in for a package whose name it has."""
