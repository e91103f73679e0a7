"""How what happens reaches the app: signed HTTP or Socket Mode. Start at courier.py."""
