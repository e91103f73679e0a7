"""What the demo's people do, act by act."""
