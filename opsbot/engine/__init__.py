"""Durable flows behind one narrow port: DBOS in production, a plain one for unit tests."""
