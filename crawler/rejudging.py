"""Stored mentions judged again in the pool of workers, in the store, while others read it: ``candor rejudge``.

It can be stopped at any moment: what is judged by today's models already is passed over by the next run. What a mention
was before lies beside the store until it is brought back, or dropped.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice

from analysis.enrich.learnt.layer import fitting_layer
from analysis.ingest.rejudge import Rejudged, judged_as, post_of
from analysis.ingest.understand import Understood
from analysis.ledger.learning import learnt
from analysis.model import Mention, document, mention_from
from analysis.settings.file import Config
from analysis.settings.key import installation_key
from analysis.store.base import Filter, Store
from analysis.store.letters import FormerJudgements
from crawler.cluster.hired import ClusterWorkers
from crawler.workers import memory
from crawler.workers.pool import ReadingPool, start_importing
from crawler.workers.work import EnricherSetup

BATCH = 64
_AHEAD = 2
_Judging = tuple[list[Mention], asyncio.Task[list[Understood]]]


def rejudge(
    config: Config,
    store: Store,
    where: Filter,
    *,
    run: str = "",
    limit: int | None = None,
    hired: ClusterWorkers | None = None,
) -> Rejudged:
    """Judge the mentions that ``where`` selects, at most ``limit``, and return what changes. Blocks.

    With ``run`` the judgements are stored, and what they replace is kept under that name; without, nothing is written.
    Ids are hashes, so that the first so many are as good as drawn by lot. ``hired`` judge in place of workers of this
    machine; what is read and written stays here, with one writer.
    """
    memory.keep_bounded()
    if hired is None:
        start_importing()
    store.refresh()
    key = installation_key(config.key_file, named=config.key_is_named)
    layer = learnt.bytes_of(store.records)
    if layer:
        fitting_layer(layer)  # to judge all anew without it is not what is wanted
    setup = EnricherSetup.of(config, key, layer=layer)
    former = FormerJudgements(store.letters.path.parent, run) if run else None
    pool = ReadingPool(workers=config.crawl.workers, setup=setup, understanders=hired, layer=lambda: setup.layer)
    # A batch is four chunks, so that half as many batches as actors keep each busy.
    ahead = _AHEAD * (config.crawl.workers if hired is None else max(1, hired.count // 2))
    return asyncio.run(_all(store, islice(store.scan(where), limit), former, pool, most=ahead))


def bring_back(store: Store, run: str) -> int:
    """Write the judgements back that ``run`` replaced, where they are still those of that run; return how many."""
    former = FormerJudgements(store.letters.path.parent, run)
    count = 0
    lines = former.all()
    while some := list(islice(lines, BATCH)):
        was = {line["id"]: (mention_from(line["mention"]), line["model"]) for line in some}
        stored = store.get(list(was))
        back = [
            judged_as(stored[id_], was[id_][0]) for id_ in was if id_ in stored and stored[id_].model == was[id_][1]
        ]
        store.write(back)
        count += len(back)
    store.refresh()
    for path in former.files():
        path.unlink()
    return count


async def _all(
    store: Store, mentions: Iterator[Mention], former: FormerJudgements | None, pool: ReadingPool, *, most: int
) -> Rejudged:
    compared = Rejudged()
    ahead: deque[_Judging] = deque()
    try:
        while some := await asyncio.to_thread(lambda: list(islice(mentions, BATCH))):
            some = [mention for mention in some if mention.model != compared.model]
            ahead.append((some, asyncio.ensure_future(pool.understand([post_of(mention) for mention in some]))))
            # The first batch tells which model judges: what it has judged already is passed over from then on.
            if len(ahead) > most or not compared.model:
                await _put(store, former, compared, *ahead.popleft())
        while ahead:
            await _put(store, former, compared, *ahead.popleft())
    finally:
        pool.close()
    await asyncio.to_thread(store.refresh)
    return compared


async def _put(
    store: Store,
    former: FormerJudgements | None,
    compared: Rejudged,
    stored: Sequence[Mention],
    judging: asyncio.Task[list[Understood]],
) -> None:
    pairs = []
    for mention, understood in zip(stored, await judging, strict=True):
        judged = next((each for each in understood.mentions if each.id == mention.id), None)
        if judged is None:
            compared.unnamed += 1
        elif judged.model != mention.model:
            pairs.append((mention, judged_as(mention, judged)))
            compared.add(*pairs[-1])
        else:
            compared.model = judged.model
    if former is not None and pairs:
        await asyncio.to_thread(_write, store, former, pairs)


def _write(store: Store, former: FormerJudgements, pairs: Sequence[tuple[Mention, Mention]]) -> None:
    # First what they were: a run that is cut in between has kept one too many, never one too few.
    former.add({"id": was.id, "model": now.model, "mention": document(was)} for was, now in pairs)
    store.write([now for _, now in pairs])
