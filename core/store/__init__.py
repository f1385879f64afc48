"""The only floor that opens database sessions: engine, migrations, reads and writes."""
