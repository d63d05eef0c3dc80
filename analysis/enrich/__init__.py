"""Enrichers: from posts to mentions, by spaCy components in one visible order (``components.PIPELINE``)."""

from analysis.enrich.enricher import Enricher
from analysis.enrich.taxonomy import Taxonomy, load_taxonomy

__all__ = ["Enricher", "Taxonomy", "load_taxonomy"]
