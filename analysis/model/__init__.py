"""The nouns that flow: a ``Post`` is what a spider read, a ``Mention`` is a post seen from one brand.

Every field's meaning, unit and range stand beside it, in ``about(...)``, and nowhere else. Import the nouns from here.
"""

from analysis.model.brand import Brand, BrandRef, Role
from analysis.model.documents import document, mention_fields, mention_from
from analysis.model.fields import FieldInfo, FieldKind
from analysis.model.mention import (
    CLAIM_KINDS,
    COST_DIMENSIONS,
    EPOCH,
    GENRES,
    INTENTS,
    JOURNEY_STAGES,
    MOVES,
    NO_VALUE,
    RELEVANCES,
    SENTIMENTS,
    SEVERITIES,
    VALUE_DIMENSIONS,
    Claim,
    Intent,
    Meaning,
    Mention,
    Relevance,
    Sentiment,
    SentimentLabel,
    Severity,
    Switching,
    claims_of,
    mention_id,
)
from analysis.model.post import POST_KINDS, DateSource, Engagement, Post, PostKind, at_nameless, post_id
from analysis.model.source import Source, SourceRef

__all__ = [
    "CLAIM_KINDS",
    "COST_DIMENSIONS",
    "EPOCH",
    "GENRES",
    "INTENTS",
    "JOURNEY_STAGES",
    "MOVES",
    "NO_VALUE",
    "POST_KINDS",
    "RELEVANCES",
    "SENTIMENTS",
    "SEVERITIES",
    "VALUE_DIMENSIONS",
    "Brand",
    "BrandRef",
    "Claim",
    "DateSource",
    "Engagement",
    "FieldInfo",
    "FieldKind",
    "Intent",
    "Meaning",
    "Mention",
    "Post",
    "PostKind",
    "Relevance",
    "Role",
    "Sentiment",
    "SentimentLabel",
    "Severity",
    "Source",
    "SourceRef",
    "Switching",
    "at_nameless",
    "claims_of",
    "document",
    "mention_fields",
    "mention_from",
    "mention_id",
    "post_id",
]
