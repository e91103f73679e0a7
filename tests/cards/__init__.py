"""Tests of the card renderer: pure, no loop."""
