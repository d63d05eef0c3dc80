"""All settings of the crawl, as one Scrapy add-on, so that every way to start a spider is equally polite.

``scrapy crawl``, Scrapyd and ``candor crawl`` load it through ``crawler.settings``. The comments say why a value
differs from Scrapy's default.
"""

from __future__ import annotations

import re
from importlib import metadata
from typing import Any

from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from analysis.model.errors import ConfigError
from analysis.settings.tables import CrawlOptions
from crawler.context import context_of
from crawler.politeness.hosts import SMALLEST_DELAY_S

# The delay between two requests is drawn from 1.0 to 1.5 times ``[crawl] delay``: never below what the person wrote.
JITTER = 0.2
STRETCH = 1 / (1 - JITTER)

MIDDLEWARES: dict[str, int | None] = {
    "crawler.middlewares.waits.Waits": 50,
    "crawler.middlewares.addresses.Addresses": 60,
    # Ours reads an unreachable robots.txt as "do not crawl", as RFC 9309 says; Scrapy's as "crawl".
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.middlewares.robots.Robots": 100,
    "crawler.middlewares.accounts.Accounts": 530,
    "crawler.middlewares.conditional.Conditional": 540,
    # Ours waits before it asks again; Scrapy's asks at once. Nearer to the network than Conditional: it sees the 304.
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "crawler.middlewares.backoff.Backoff": 550,
    # The next three are Scrapy's, but say in plain words what they dropped.
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "crawler.middlewares.redirects.MetaRefreshes": 580,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "crawler.middlewares.unpacking.Unpacking": 590,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "crawler.middlewares.redirects.Redirects": 600,
}

FIXED: dict[str, Any] = {
    # Only http and https, both through the handler that dials public addresses alone.
    "DOWNLOAD_HANDLERS": {
        "http": "crawler.politeness.dial.PoliteDownload",
        "https": "crawler.politeness.dial.PoliteDownload",
        "data": None,
        "file": None,
        "ftp": None,
        "s3": None,
    },
    # A host that is held back waits here, not in the downloader, where it would stop the others.
    "SCHEDULER_PRIORITY_QUEUE": "crawler.politeness.queue.PoliteQueue",
    # robots.txt is always obeyed, by our own middleware.
    "ROBOTSTXT_OBEY": True,
    # Scrapy trusts every certificate by default.
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    # A proxy dials for us, so what it dials could not be checked; variables like http_proxy are ignored.
    "HTTPPROXY_ENABLED": False,
    # Nobody is followed from visit to visit, neither we nor they.
    "COOKIES_ENABLED": False,
    # No open ports in a crawl that runs unattended.
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    # Pages are not kept on disk; conditional requests save the traffic instead.
    "HTTPCACHE_ENABLED": False,
    # Twenty hops (the default) are a loop.
    "REDIRECT_MAX_TIMES": 8,
    # Pages that reload themselves each minute are no redirects (the default takes anything under 100 seconds).
    "METAREFRESH_MAXDELAY": 5,
    # An unchanged page reaches its spider, which counts it.
    "HTTPERROR_ALLOWED_CODES": [304],
    # Scrapy starts this many tasks for each answer, however few posts it has: a fifth of the reactor's time at 100.
    "CONCURRENT_ITEMS": 4,
    # Giving up on a page ends in the run's table with its cause; it is no error of the program.
    "RETRY_GIVE_UP_LOG_LEVEL": "INFO",
    "ITEM_PIPELINES": {"crawler.keeping.pipeline.KeepPosts": 100},
}

DEFAULTS: dict[str, Any] = {
    # At DEBUG (Scrapy's default) every post is logged with its author's name, which is stored nowhere.
    "LOG_LEVEL": "INFO",
}
"""What stands in place of Scrapy's own defaults, so that what a command has for itself wins."""


class Polite:
    """The add-on: ``ADDONS = {"crawler.addon.Polite": 0}``. Values given on the command line or by a spider win,
    except that the delay per host stays above 0.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Polite:
        """Make the add-on of one crawler."""
        return cls(crawler)

    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:
        """Set what Scrapy reads before there is a crawler."""
        # IPv6 addresses too; the default resolver knows IPv4 only.
        settings.set("TWISTED_DNS_RESOLVER", "scrapy.resolver.CachingHostnameResolver", priority="addon")

    def update_settings(self, settings: BaseSettings) -> None:
        """Set everything. Raises ``ConfigError`` where ``[crawl] contact`` is missing or cannot be sent."""
        options = context_of(self._crawler).crawl
        settings.setdict(DEFAULTS, priority="default")
        for name, value in {**FIXED, **chosen(options)}.items():
            if isinstance(value, dict):
                # Key by key: a project that adds a middleware of its own must not lose ours.
                for key, part in value.items():
                    settings[name].set(key, part, priority="addon")
            else:
                settings.set(name, value, priority="addon")
        if settings.getfloat("DOWNLOAD_DELAY") < SMALLEST_DELAY_S:
            settings.set("DOWNLOAD_DELAY", SMALLEST_DELAY_S, priority="cmdline")


def chosen(options: CrawlOptions) -> dict[str, Any]:
    """Return the settings that follow from the ``[crawl]`` table."""
    return {
        # Scrapy's names itself; a site's owner must be able to reach the person who crawls.
        "USER_AGENT": user_agent(options.contact),
        "DOWNLOADER_MIDDLEWARES": MIDDLEWARES,
        # Never 0: on the asyncio reactor Scrapy 2.14 to 2.19 then forgets the limit per domain.
        "DOWNLOAD_DELAY": max(options.delay_s, SMALLEST_DELAY_S) * STRETCH,
        "DOWNLOAD_DELAY_JITTER": JITTER,
        "CONCURRENT_REQUESTS_PER_DOMAIN": options.per_host,
        "CONCURRENT_REQUESTS": options.concurrent,
        # From the first byte to the last, so that a trickle ends too. The default is 3 minutes.
        "DOWNLOAD_TIMEOUT": options.timeout_s,
        # 1 GiB by default. Holds for the unpacked body too.
        "DOWNLOAD_MAXSIZE": options.max_bytes,
        "DOWNLOAD_WARNSIZE": 0,
    }


def user_agent(contact: str) -> str:
    """Return our name with the person's address. Raises ``ConfigError`` where that is missing or unfit for a header."""
    contact = contact.strip()
    cure = 'add contact = "mailto:you@example.org" (or a web page) to [crawl] in candor.toml'
    if not contact:
        raise ConfigError([f"[crawl] contact is missing: the sites must know whom to write to; {cure}"])
    if not re.fullmatch(r"[\x21-\x27\x2a-\x7e]{3,200}", contact):
        raise ConfigError([f"[crawl] contact {contact!r} has blanks, brackets or odd characters; {cure}"])
    return f"Candor/{_version()} (+{contact})"


def _version() -> str:
    try:
        return metadata.version("candor")
    except metadata.PackageNotFoundError:
        return "0"
