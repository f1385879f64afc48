"""The judge protocols by key."""
