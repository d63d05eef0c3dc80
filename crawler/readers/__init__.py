"""Readers: pure functions from a page's bytes to posts. No request, setting or clock inside.

``reading`` knows them all by kind. It is not imported here: a crawl's own process hands pages to its workers and needs
only ``page``, not the extractors.
"""
