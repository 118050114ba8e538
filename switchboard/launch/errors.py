"""What can go wrong while starting. Each text is for the person at the terminal and stands alone, without a traceback.

LaunchError
├── AlreadyRunning
├── BuildFailed
├── ChildDied
├── NotReady
├── PortInUse
└── TrainingFailed
"""

from __future__ import annotations


class LaunchError(Exception):
    """Base of every failure that `python -m switchboard` explains and exits 1 for."""


class AlreadyRunning(LaunchError):
    """Raised when another supervisor serves the same data folder."""


class BuildFailed(LaunchError):
    """Raised when the front end or the demo data could not be made."""


class ChildDied(LaunchError):
    """Raised when a process that should run for good has ended."""


class NotReady(LaunchError):
    """Raised when a process runs but does not answer in time."""


class PortInUse(LaunchError):
    """Raised when somebody else listens where we want to."""


class TrainingFailed(LaunchError):
    """Raised when Rasa could not make a model of the bot's files."""
