"""What the import page draws: files, mapping, check, import. Every form reads and writes the mapping."""
