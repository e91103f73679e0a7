"""What opsbot holds itself to, measured: each module prints a table and writes `--json FILE`."""
