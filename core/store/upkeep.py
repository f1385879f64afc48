"""Housekeeping of the database file."""

from core.store.database import Database


def keep_house(database: Database) -> None:
    """Refresh statistics and, on SQLite, move the write-ahead log into the file where nobody is in the way."""
    if not database.is_sqlite:
        return
    with database.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        if raw is None:
            return
        cursor = raw.cursor()
        connection.rollback()
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        cursor.fetchall()
        cursor.execute("PRAGMA analysis_limit=400")
        cursor.execute("PRAGMA optimize")
        cursor.fetchall()
        cursor.close()
