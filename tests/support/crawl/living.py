"""How many answers of each host are in memory at once, whatever keeps them: the answer, a page, its bytes."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from scrapy.http import Response


class Answered(bytes):
    """The bytes of an answer, counted under their host for as long as somebody has them. What is sent on is plain."""

    host: str
    held: Counter[str]

    def __del__(self) -> None:
        self.held[self.host] -= 1

    def __reduce__(self) -> tuple[Any, ...]:
        return bytes, (bytes(self),)


@contextmanager
def living() -> Iterator[Counter[str]]:
    """Give the most answers that were in memory at once, by host, of those that come meanwhile."""
    most: Counter[str] = Counter()
    held: Counter[str] = Counter()
    set_url = Response._set_url

    def noted(response: Response, url: str) -> None:
        set_url(response, url)
        body, host = response.body, urlsplit(url).hostname or ""
        if body and not isinstance(body, Answered):
            counted = Answered(body)
            counted.host, counted.held = host, held
            response._body = counted
            held[host] += 1
            if held[host] > most[host]:
                # What nobody has but itself is not kept.
                gc.collect()
                most[host] = max(most[host], held[host])

    gc.collect()
    gc.freeze()
    try:
        with patch.object(Response, "_set_url", noted):
            yield most
    finally:
        gc.unfreeze()
