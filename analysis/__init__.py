"""Meaning out: posts in; mentions, measures and alerts out. Runs without Scrapy and never imports ``crawler``."""
