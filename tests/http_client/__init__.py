"""The outgoing HTTP client and its proxy rules."""
