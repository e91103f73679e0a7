"""The documents are tested: what they name exists, and what exists is named."""
