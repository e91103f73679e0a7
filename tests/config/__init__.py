"""Tests of the settings: what is read, what is refused and with which words."""
