"""Words of posts that were copied out of the store: quotes in alerts, messages that wait to be sent or were sent."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from analysis.ledger.entries import TRIES
from analysis.model import Mention
from analysis.model.records.base import Records
from analysis.store.base import Document

KINDS = ("alert", "outbox", "proposal", "issue")
BLANK = "[erased]"
_ADDRESS = re.compile(r"https?://[^\s<>\"'|\\^`{}]+")
_IDS, _WORDS = ("id", "mention_id"), ("text", "quote", "title", "url")
_BEGINNING = 24  # signs of a quote by which it is known again where a message shortened it
_TELLING = 8  # signs; a shorter quote is no one's own words, and stands in other words by chance


def blank(records: Records, mentions: Sequence[Mention]) -> int:
    """Blank what records hold of ``mentions``, and return how many records that were.

    A quote (an object that carries a mention's id) loses its words and address. A text that contains the beginning of
    such a quote, or the address of an erased mention, is blanked whole, because nobody can tell where a stranger's
    words end in it. Ids stay: they are hashes.
    """
    ids = frozenset(mention.id for mention in mentions)
    urls = frozenset(mention.url for mention in mentions)
    holding = [(kind, record.key) for kind in KINDS for record in records.all(kind) if _holds(record.body, ids, urls)]
    return sum(_blank_one(records, kind, key, ids, urls) for kind, key in holding)


def _holds(body: Document, ids: Collection[str], urls: Collection[str]) -> bool:
    return without(body, ids, urls) != body


def _blank_one(records: Records, kind: str, key: str, ids: Collection[str], urls: Collection[str]) -> int:
    for _ in range(TRIES):
        record = records.get(kind, key)
        body = without(record.body, ids, urls) if record else {}
        if record is None or body == record.body:
            return 0
        if records.put(kind, key, body, if_version=record.version) is not None:
            return 1
    return 0


def without(body: Document, ids: Collection[str], urls: Collection[str]) -> Document:
    """Return a record's body without the words and addresses of erased mentions."""
    quotes = [str(quote[name]) for quote in _quotes(body, ids) for name in _WORDS if quote.get(name)]
    words = (quote for quote in quotes if quote != BLANK and not _ADDRESS.match(quote) and len(quote) >= _TELLING)
    beginnings = tuple({quote[:_BEGINNING] for quote in words})
    shown = {*urls, *(quote for quote in quotes if _ADDRESS.match(quote))}

    def cleared(value: Any) -> Any:
        if isinstance(value, dict):
            ours = _is_of(value, ids)
            return {name: BLANK if ours and name in _WORDS and part else cleared(part) for name, part in value.items()}
        if isinstance(value, list):
            return [cleared(part) for part in value]
        if not isinstance(value, str):
            return value
        named = any(address in shown for address in _ADDRESS.findall(value))
        return BLANK if named or any(beginning in value for beginning in beginnings) else value

    return {name: cleared(value) for name, value in body.items()}


def _quotes(value: Any, ids: Collection[str]) -> Iterator[Document]:
    if isinstance(value, dict):
        if _is_of(value, ids):
            yield value
        for part in value.values():
            yield from _quotes(part, ids)
    elif isinstance(value, list):
        for part in value:
            yield from _quotes(part, ids)


def _is_of(value: Document, ids: Collection[str]) -> bool:
    return any(isinstance(value.get(name), str) and value[name] in ids for name in _IDS)
