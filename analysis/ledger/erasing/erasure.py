"""Erasure: the law's right, and retention. The only ways out of the store, both with a reason that is kept.

Safe to repeat, and what is half done is seen. The steps, each durable before the next:

1. the audit log says what will be erased, why, who asked and how many mentions that is;
2. a record of kind ``erasure`` says the same with state ``begun``: the report counts it from here on;
3. tombstones keep it from coming back: by the address in any form, the author, the site, the words on the same site;
4. raw answers that are kept go, copies of words in alerts, messages and the history of edits, and the address in what
   crawls remember; then the mentions are erased;
5. the store is compacted, so that no byte is left in its files;
6. the audit log says that it is done, how many there were, and seals the tombstones;
7. the record's state becomes ``done``.

A program that is killed in between leaves a record that is ``begun`` (or an entry without record): ``unfinished`` lists
it and ``finish`` does the rest. Neither log nor record holds an address, a name or a text: a post is named by the hash
of its address, an author by the pseudonym.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice, pairwise

from analysis.ledger import audit, copies, entries
from analysis.ledger.entries import Stamp
from analysis.ledger.erasing.forgetting import forget
from analysis.ledger.erasing.tombstones import bury, by_erasure, keys_of, seal
from analysis.model import Mention, post_id
from analysis.model.addresses import canonical, is_web, post_address, site
from analysis.model.errors import RetentionError, StoreError, UsageError
from analysis.model.pseudonym import is_pseudonym, pseudonym
from analysis.model.records.audit import ERASURES, AuditEntry, ErasedBy, Erasure
from analysis.model.records.base import Document, Records
from analysis.model.records.run import RUNS
from analysis.model.records.withdrawn import WITHDRAWN
from analysis.model.times import from_ms, read_time, written, written_day
from analysis.store.base import Filter, Store
from analysis.store.letters import beside

BEGUN, DONE = "erase: begun", "erase: done"
RETENTION = "retention: [privacy] keep"
RETAINER = "candor, after a crawl"  # who signs for retention that nobody asked for by hand
BATCH = 1000
USUAL_SHARE = 1 / 3
USUAL_HOLE = timedelta(days=3)
_HOST = re.compile(r"[\w.:-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is erased. ``values``: post ids, pseudonyms, domains, or the one time before which things were collected."""

    kind: ErasedBy
    values: tuple[str, ...]

    @property
    def where(self) -> Filter:
        """The mentions that it means."""
        if self.kind == "older":
            return Filter(until=datetime.fromisoformat(self.values[0]), time_field="first_seen_at")
        return Filter(terms={{"url": "post_id"}.get(self.kind, self.kind): self.values})

    def means(self, mention: Mention) -> bool:
        """Return whether a mention is one of them."""
        if self.kind == "older":
            return mention.first_seen_at < datetime.fromisoformat(self.values[0])
        own = {"url": mention.post_id, "author": mention.author, "domain": mention.domain}[self.kind]
        return own in self.values

    def means_document(self, mention: Document) -> bool:
        """Return whether a mention that no store took, as a document, is one of them."""
        if self.kind == "older":
            return str(mention.get("first_seen_at", "")) < self.values[0]
        return mention.get({"url": "post_id"}.get(self.kind, self.kind)) in self.values

    @property
    def tombstones(self) -> tuple[str, ...]:
        """The keys that keep it out from now on; retention has one for each post instead."""
        return () if self.kind == "older" else tuple(f"{self.kind}:{value}" for value in self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasurePlan:
    """What an erasure would take, and what it would leave: near copies of the same texts at other addresses."""

    target: Target
    mentions: int
    posts: int
    brands: tuple[tuple[str, int], ...]
    copies_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure did: ``count`` mentions in all, also those that an interrupted try took before.

    ``raw`` counts the raw answers that went with them, where such are kept.
    """

    key: str
    target: Target
    count: int
    blanked: int
    raw: int = 0


def by_url(url: str) -> Target:
    """Return the target for one post. Raises ``UsageError`` for what is no web address."""
    if not is_web(url):
        raise UsageError(f"{url!r} is not a web address; it begins with http:// or https://", about=("url",))
    return Target(kind="url", values=post_ids(url))


def by_author(author: str, *, platform: str = "", key: bytes = b"") -> Target:
    """Return the target for an author: a pseudonym of 32 hex digits, or a name as published with its ``platform``.

    The platform is the site, such as reddit.com; ``key`` is the installation's. Raises ``UsageError`` without either.
    """
    if is_pseudonym(author):
        return Target(kind="author", values=(author,))
    if not platform:
        raise UsageError("is missing; a name is one person on one site, such as reddit.com", about=("platform",))
    return Target(kind="author", values=(pseudonym(key, site(_address(platform)), author),))


def by_domain(domain: str) -> Target:
    """Return the target for a whole site. Raises ``UsageError`` for a part of one: mentions know the whole only."""
    host = domain.casefold().strip().removeprefix("www.")
    whole = site(_address(host))
    if not whole or whole != host or not _HOST.fullmatch(host):
        cure = whole or "one such as forum.org"
        raise UsageError(f"{domain!r} is not a whole site; say {cure}", about=("domain",))
    return Target(kind="domain", values=(whole,))


def older_than(limit: datetime) -> Target:
    """Return the target for retention: what was first collected before ``limit``."""
    return Target(kind="older", values=(written(limit),))


def post_ids(url: str) -> tuple[str, ...]:
    """Return the ids that a post at ``url`` may have: with its anchor and without, in whatever form it is given."""
    return tuple(dict.fromkeys(post_id(form) for form in (post_address(url), canonical(url), url.strip())))


def plan(store: Store, target: Target) -> ErasurePlan:
    """Return what ``erase`` would do now. Changes nothing."""
    body = {
        "posts": {"cardinality": {"field": "post_id"}},
        "brands": {"terms": {"field": "brand.id", "size": 1000}},
        "stories": {"terms": {"field": "story", "size": BATCH}},
    }
    answer = store.aggregate(target.where, body)
    stories = [str(bucket["key"]) for bucket in answer["stories"]["buckets"] if bucket["key"]]
    inside = store.count(Filter(**_parts(target.where, stories))) if stories else 0
    around = store.count(Filter(terms={"story": stories})) if stories else 0
    return ErasurePlan(
        target=target,
        mentions=store.count(target.where),
        posts=round(answer["posts"]["value"] or 0),
        brands=tuple((str(bucket["key"]), int(bucket["doc_count"])) for bucket in answer["brands"]["buckets"]),
        copies_left=around - inside,
    )


Raw = Callable[[Target], int]
"""Erases a target from the raw answers that are kept beside the store, and returns how many went. Safe to repeat."""


def erase(
    store: Store, target: Target, *, reason: str, stamp: Stamp, compact: bool = True, raw: Raw | None = None
) -> Erased:
    """Erase what ``target`` means and keep it out. Raises ``UsageError`` without a reason.

    A target without mentions is recorded too: from now on it is kept out. ``store`` must be open for writing.
    """
    entries.needed_reason(reason)
    store.refresh()
    details = {"target": target.kind, "values": list(target.values), "count": store.count(target.where)}
    entry = audit.append(store.records, action=BEGUN, reason=reason, details=details, stamp=stamp)
    return finish(store, entry, stamp=stamp, compact=compact, raw=raw)


def expire(store: Store, keep_s: float, *, stamp: Stamp) -> Erased | None:
    """Erase what was collected longer than ``keep_s`` seconds ago; None, and no entry in the log, where nothing was.

    What a store refused, and what posts said before they were edited, is as old as what it took.
    """
    target = older_than(stamp.at - timedelta(seconds=keep_s))
    store.refresh()
    if not store.count(target.where) and not _lies_beside(store, target):
        return None
    return erase(store, target, reason=RETENTION, stamp=stamp)


def needs_asking(store: Store, target: Target, *, now: datetime) -> str:
    """Return why retention must not go on by itself, or nothing.

    It usually takes a little at a time. Where it would take more than a third of all, and nothing was collected and no
    source was read for days between what it takes and now, a clock may be wrong, or the crawls have paused.
    """
    gone, all_of_it = store.count(target.where), store.count(Filter())
    if gone <= USUAL_SHARE * all_of_it:
        return ""
    hole = _longest_hole(store, target, now=now)
    if hole is None or hole[1] - hole[0] <= USUAL_HOLE:
        return ""
    first, last = (written_day(moment) for moment in hole)
    return (
        f"retention is held back: it would erase {gone} of {all_of_it} mentions, and nothing was collected between "
        f"{first} and {last}; is the clock right?"
    )


def _longest_hole(store: Store, target: Target, *, now: datetime) -> tuple[datetime, datetime] | None:
    """Return the longest time without any work between the newest mention that is meant and now."""
    day = {"date_histogram": {"field": "first_seen_at", "fixed_interval": "1d", "min_doc_count": 1}}
    oldest_kept = datetime.fromisoformat(target.values[0])
    buckets = store.aggregate(Filter(), {"days": day})["days"]["buckets"]
    days = [from_ms(int(bucket["key"])) for bucket in buckets]
    days += [run.started_at for run in RUNS.values(store.records)]
    start = max((moment for moment in days if moment < oldest_kept), default=None)
    if start is None:
        return None
    marks = sorted({start, now, *(moment for moment in days if start < moment < now)})
    return max(pairwise(marks), key=lambda pair: pair[1] - pair[0], default=None)


def retain(store: Store, keep_s: float | None, *, now: datetime) -> Erased | None:
    """Let retention do its work after a crawl: ``expire`` at most once a day, because it rewrites the store's files.

    Finishes one that was interrupted first. None where nothing is too old, where it was done today already, and where
    everything is kept (``keep_s`` is None). Raises ``RetentionError`` where ``needs_asking`` says why.
    """
    if keep_s is None:
        return None
    stamp = Stamp(at=now, who=RETAINER)
    own = [erasure for erasure in ERASURES.values(store.records) if erasure.who == RETAINER]
    if any(erasure.state == "done" and erasure.at.date() == read_time(stamp.time).date() for erasure in own):
        return None
    for entry in unfinished(store.records):
        if entry.who == RETAINER:
            finish(store, entry, stamp=stamp)
    store.refresh()
    if why := needs_asking(store, older_than(now - timedelta(seconds=keep_s)), now=now):
        raise RetentionError(why, cure="expire")
    return expire(store, keep_s, stamp=stamp)


def unfinished(records: Records) -> list[AuditEntry]:
    """Return the begun erasures that are not done, oldest first."""
    states = {erasure.key: erasure.state for erasure in ERASURES.values(records)}
    return [entry for entry in audit.entries(records) if entry.action == BEGUN and states.get(entry.key) != "done"]


def finish(store: Store, entry: AuditEntry, *, stamp: Stamp, compact: bool = True, raw: Raw | None = None) -> Erased:
    """Do what is left of a begun erasure, however far it came; done twice it changes nothing more."""
    target = Target(kind=entry.details["target"], values=tuple(entry.details["values"]))
    ERASURES.put(store.records, erasure_of(entry), if_version=0)
    bury(store.records, entry, target.tombstones)
    _forget_history(store.records, entry, target)
    _forget_letters(store, target)
    taken = blanked = 0
    pieces = raw(target) if raw is not None else 0
    while some := _batch(store, target.where):
        bury(store.records, entry, (key for mention in some for key in keys_of(mention, target.kind)))
        blanked += copies.blank(store.records, some)
        forget(store.records, some, in_any_form=target.kind != "older")
        gone = store.erase([mention.id for mention in some])
        if not gone:
            raise StoreError(
                f"{store.address}: {len(some)} mentions are found and cannot be erased; run it again later"
            )
        taken += gone
        store.refresh()
    if compact and (taken or entry.details["count"]):
        _compact(store)
    count = max(taken, int(entry.details["count"]))
    laid = seal(by_erasure(store.records).get(entry.key, ()))
    details: Document = {"erasure": entry.key, "count": count, "blanked": blanked}
    details |= {"tombstones": laid.count, "tombstones_sha256": laid.digest}
    details |= {"raw": pieces} if pieces else {}
    done = audit.append(store.records, action=DONE, reason=entry.reason, details=details, stamp=stamp)
    ERASURES.put(store.records, ended(erasure_of(entry), done))
    return Erased(key=entry.key, target=target, count=count, blanked=blanked, raw=pieces)


def erasure_of(entry: AuditEntry) -> Erasure:
    """Return the erasure that an entry of the log begins."""
    words = {"reason": entry.reason, "who": entry.who, "at": entry.at, "state": "begun", "audit": entry.hash}
    return ERASURES.from_body(entry.key, {**entry.details, **words})


def ended(erasure: Erasure, done: AuditEntry) -> Erasure:
    """Return a begun erasure as the entry of the log that says it is done leaves it."""
    count = int(done.details["count"])
    return replace(erasure, count=count, state="done", ended_at=read_time(done.at), audit_done=done.hash)


def _forget_history(records: Records, entry: AuditEntry, target: Target) -> None:
    """Remove what posts said before they were edited, where the erasure means them too."""
    gone = [stored for stored in WITHDRAWN.all(records) if target.means(stored.value.mention)]
    bury(records, entry, (key for stored in gone for key in keys_of(stored.value.mention, target.kind)))
    forget(records, [stored.value.mention for stored in gone], in_any_form=target.kind != "older")
    for stored in gone:
        WITHDRAWN.delete(records, stored.key)


def _forget_letters(store: Store, target: Target) -> None:
    """Remove what the store refused of them, or held before it was judged anew: it lies beside the store, whole."""
    for lines in beside(store.letters):
        lines.remove(target.means_document)


def _lies_beside(store: Store, target: Target) -> bool:
    """Return whether what is not among the mentions any more, or never was, is meant too."""
    return any(
        target.means_document(line["mention"]) for lines in beside(store.letters) for line in lines.all()
    ) or any(target.means(withdrawn.mention) for withdrawn in WITHDRAWN.values(store.records))


def _batch(store: Store, where: Filter) -> list[Mention]:
    mentions: Iterator[Mention] = store.scan(where)
    return list(islice(mentions, BATCH))


def _parts(where: Filter, stories: Sequence[str]) -> Document:
    terms = {**where.terms, "story": list(stories)}
    return {"terms": terms, "until": where.until, "time_field": where.time_field}


def _compact(store: Store) -> None:
    """Rewrite the store's files where that is its owner's work: a server merges its own."""
    rewrite = getattr(store, "compact", None)
    if rewrite is not None:
        rewrite()


def _address(host: str) -> str:
    return host if is_web(host) else f"https://{host}/"
