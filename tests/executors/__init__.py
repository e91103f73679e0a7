"""Ways of acting: one contract suite for all of them, and the attacks on each."""
