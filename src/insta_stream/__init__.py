"""Insta-Stream: package once, play forever."""

__version__ = "0.1.0"
