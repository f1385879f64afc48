"""Touchstone below its pages: records, numbers, storage, and one use case a file in `core.workflow`."""
