"""Scrapy's project settings: names only. Every other setting is in ``crawler.addon``, with the reason for it."""

from __future__ import annotations

BOT_NAME = "candor"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
COMMANDS_MODULE = "crawler.commands"
ADDONS = {"crawler.addon.Polite": 0}
