"""Finding by meaning on the server: kNN over the directions that lie as nested documents in each mention.

The field is not a graph but flat: every direction of the mentions that a filter leaves is compared, so that answers
are exact, those of the other engine, and indexing pays nothing for them.
"""

from __future__ import annotations

from analysis.store.base import Document
from analysis.store.directions import Direction
from analysis.store.elastic.encoding import NEAR

MOST = 10_000


def question(query: Document, direction: Direction, *, maker: str, count: int) -> Document:
    """Return the body that asks for the ``count`` mentions nearest to a direction, of those that ``query`` selects."""
    made = {"bool": {"filter": [query, {"term": {"meaning.maker": maker}}]}}
    count = min(count, MOST)
    knn = {
        "field": f"{NEAR}.vector",
        "query_vector": direction.tolist(),
        "k": count,
        "num_candidates": min(MOST, max(100, count)),
        "filter": made,
    }
    return {"knn": knn, "size": count, "track_total_hits": False}


def cosine(score: float) -> float:
    """Return the cosine that a score of this similarity stands for."""
    return 2 * score - 1
