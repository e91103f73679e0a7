"""Each vendor's adapter against a local server that plays replies."""
