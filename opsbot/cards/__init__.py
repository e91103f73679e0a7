"""Pure rendering of cards: content by meaning in, Block Kit and plain text out."""
