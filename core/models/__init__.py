"""The records everybody speaks, as SQLModel tables; importing this package registers all of them."""

from core.models import base, items, judging, ratings, study

metadata = base.Record.metadata
__all__ = ["base", "items", "judging", "metadata", "ratings", "study"]
