"""`python -m core.cli` is `touchstone`."""

from core.cli import main

main()
