"""Alembic migrations; held against the models by a test, on both databases."""
