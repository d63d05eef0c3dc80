"""The command line: the one place that joins the crawl (``crawler``) and its meaning (``analysis``)."""

__version__ = "0.1.0"
