"""What stops the command line with one line and exit status 1."""

from __future__ import annotations


class StackError(Exception):
    """The message names the fact, the value and the next command."""
