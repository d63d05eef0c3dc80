"""``scrapy view``, which says in a line what is wrong with the configuration."""

from __future__ import annotations

from argparse import Namespace

from scrapy.commands.view import Command

from crawler.commands.configured import configured


class ConfiguredView(Command):
    """Scrapy's own."""

    def process_options(self, args: list[str], opts: Namespace) -> None:
        """Look at the configuration too. Raises Scrapy's ``UsageError`` where it cannot be used."""
        super().process_options(args, opts)
        configured(self.settings)
