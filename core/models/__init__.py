"""The records everybody speaks, as SQLModel tables."""
