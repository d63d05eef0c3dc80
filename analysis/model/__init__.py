"""The nouns that flow: a ``Post`` is what a spider read, a ``Mention`` is a post seen from one brand.

Every field's meaning, unit and range stand beside it, in ``about(...)``, and nowhere else. Import the nouns from here.
"""

from analysis.model.brand import Brand, BrandRef, Role
from analysis.model.documents import document, mention_fields, mention_from
from analysis.model.fields import FieldInfo, FieldKind
from analysis.model.mention import (
    COST_DIMENSIONS,
    EPOCH,
    INTENTS,
    JOURNEY_STAGES,
    MOVES,
    SENTIMENTS,
    SEVERITIES,
    VALUE_DIMENSIONS,
    Intent,
    Mention,
    Sentiment,
    SentimentLabel,
    Severity,
    Switching,
    mention_id,
)
from analysis.model.post import POST_KINDS, DateSource, Engagement, Post, PostKind, post_id
from analysis.model.source import Source, SourceRef

__all__ = [
    "COST_DIMENSIONS",
    "EPOCH",
    "INTENTS",
    "JOURNEY_STAGES",
    "MOVES",
    "POST_KINDS",
    "SENTIMENTS",
    "SEVERITIES",
    "VALUE_DIMENSIONS",
    "Brand",
    "BrandRef",
    "DateSource",
    "Engagement",
    "FieldInfo",
    "FieldKind",
    "Intent",
    "Mention",
    "Post",
    "PostKind",
    "Role",
    "Sentiment",
    "SentimentLabel",
    "Severity",
    "Source",
    "SourceRef",
    "Switching",
    "document",
    "mention_fields",
    "mention_from",
    "mention_id",
    "post_id",
]
