"""``scrapy parse``, which says in a line what is wrong with the configuration."""

from __future__ import annotations

from argparse import Namespace

from scrapy.commands.parse import Command

from crawler.commands.configured import configured


class ConfiguredParse(Command):
    """Scrapy's own."""

    def process_options(self, args: list[str], opts: Namespace) -> None:
        """Look at the configuration too. Raises Scrapy's ``UsageError`` where it cannot be used."""
        super().process_options(args, opts)
        configured(self.settings)
