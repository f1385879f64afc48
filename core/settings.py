"""What can be set from outside; the only reader of the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds `app.py`."""


class Settings(BaseSettings):
    """Everything the environment decides, prefix `TOUCHSTONE_`.

    Attributes:
        database_url: SQLAlchemy address of the database; SQLite in `data/` unless set.
        backup_dir: Where a copy goes before every migration.
        address, port: Where `touchstone serve` listens; loopback unless set.
        upload_megabytes: Largest file the browser may bring.
        parent: Process id of `touchstone serve`; the web process ends with it.
    """

    model_config = SettingsConfigDict(env_prefix="TOUCHSTONE_", frozen=True)

    database_url: str = Field(default=f"sqlite:///{ROOT / 'data' / 'touchstone.db'}")
    backup_dir: Path = ROOT / "data" / "backups"
    address: str = "127.0.0.1"
    port: int = 8501
    upload_megabytes: int = 200
    parent: int | None = None


def read_settings() -> Settings:
    """The settings as the environment says now."""
    return Settings()
