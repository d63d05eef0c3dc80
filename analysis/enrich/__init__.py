"""Enrichers: from posts to mentions, by spaCy components in one visible order (``pipeline.PIPELINE``).

Empty on purpose: what only looks for names (``brands``) must not wait for spaCy to be imported.
"""
