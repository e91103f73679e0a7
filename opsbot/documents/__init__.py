"""Postmortems as documents: Markdown, JSON and HTML from what `core/postmortem.py` says. Pure."""

from __future__ import annotations
