"""Ratings leave as files: one module a format."""
