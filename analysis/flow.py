"""The whole story in three functions: ``ingest`` (posts in, mentions kept), ``measure`` and ``watch``.

A newcomer reads this file first, and then the three that it names. The stages know only the model; these join them.
"""

from __future__ import annotations

from analysis.alert.watch import watch
from analysis.ingest.keep import Ingested, ingest, keep
from analysis.ingest.understand import Understood, understand
from analysis.measure.report import measure

__all__ = ["Ingested", "Understood", "ingest", "keep", "measure", "understand", "watch"]
