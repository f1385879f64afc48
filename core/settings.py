"""What can be set from outside; the only reader of the environment."""

import os
from collections.abc import Mapping
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


def read_variable(name: str) -> str | None:
    """The value of one variable of the environment, for keys of providers; None where it is not set or empty.

    Read when it is needed and never kept: a key is in no setting, so that nothing that shows settings can show it.
    """
    return os.environ.get(name, "").strip() or None


def environment() -> Mapping[str, str]:
    """A copy of the whole environment, to tell which variables are set."""
    return dict(os.environ)
