"""The configuration that a command of Scrapy's goes by, looked at before anything is asked for."""

from __future__ import annotations

from pathlib import Path

from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings

from analysis.model.errors import ConfigError
from analysis.settings.file import DEFAULT_NAME, Config
from crawler.addon import user_agent
from crawler.configuration import load

NAMED = "CANDOR_CONFIG"


def configured(settings: BaseSettings | None) -> Config:
    """Return the configuration that a crawler made with ``settings`` reads.

    Raises Scrapy's ``UsageError`` where it cannot be used, so that a person reads a line and no traceback.
    """
    place = Path((settings and settings.get(NAMED)) or DEFAULT_NAME)
    if not place.exists():
        raise UsageError(
            f"{place}: there is no such file; a crawl needs one with a contact under [crawl]: .venv/bin/candor init "
            f"writes it, -s {NAMED}=FILE names another"
        )
    try:
        config = load(place)
        user_agent(config.crawl.contact)
    except ConfigError as error:
        raise UsageError(str(error)) from None
    return config
