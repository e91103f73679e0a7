"""Runbooks: files, arguments, rendering, offers, and the shipped examples."""
