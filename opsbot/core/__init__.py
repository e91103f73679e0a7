"""Frozen values and pure functions: no await, no clock, no environment, no I/O."""
