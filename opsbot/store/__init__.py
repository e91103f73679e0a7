"""Where what must not be lost is kept: the record and the inbox, on SQLite or PostgreSQL."""
