"""What each word of the command line does; every task answers the process's exit code."""
