"""One use case a file, named like its page; the only floor that sees both storage and numbers."""
