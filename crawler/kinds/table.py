"""``table``: a table of one's own, as it comes: CSV, TSV, XLSX, JSON, JSON lines; packed or not; files or an address.

Reads what ``candor import`` reads: any separator, quoting and encoding; headings in many languages, those of known
exports, or ``columns``. A file is read again when it changed. Terms: it is your own. Needs no key.

A row becomes a post; one without an address gets one of the source's id and its own id or words. One with a rating is a
review.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, model_validator

from analysis.model.errors import ReadError, UsageError
from analysis.settings.values import WebAddress, Words
from crawler.kinds.base import Ask, Kind, Knowledge, OwnOptions, Step

if TYPE_CHECKING:
    from crawler.readers.page import Page
    from crawler.readers.tables import TableReading


def _columns(given: Mapping[str, str | Words]) -> Mapping[str, str | Words]:
    from analysis.ingest.tables.headings import named_columns

    try:
        named_columns(given)
    except UsageError as error:
        raise ValueError(str(error)) from None
    return given


def _encoding(name: str) -> str:
    from analysis.ingest.tables.encodings import known_encoding

    return known_encoding(name) if name else ""


class TableOptions(OwnOptions):
    """``path`` (relative to the configuration, with ``*``) or ``url``; ``columns``: which heading is what."""

    path: str = ""
    url: WebAddress | None = None
    columns: Annotated[Mapping[str, str | Words], AfterValidator(_columns)] = {}
    encoding: Annotated[str, AfterValidator(_encoding)] = ""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if bool(self.path.strip()) == bool(self.url):
            raise ValueError("give either path (a file, * for several) or url (a web address)")
        return self

    def address(self) -> str:
        """Return the address, or the path as it was written."""
        return self.url or self.path


def reading_of(options: TableOptions) -> TableReading:
    """Return how the options say that a table is read."""
    from crawler.readers.tables import TableReading

    return TableReading(columns=options.columns, source=options.source("table").id, about=options.about)


def start(options: TableOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the address, where it has one."""
    if options.url:
        yield Ask(url=options.url)


def read(page: Page, ask: Ask, options: TableOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the rows as posts, and how many were wrong."""
    import io

    from analysis.ingest.tables.parts import parts_of
    from crawler.readers.tables import table_steps

    name = page.url.partition("?")[0] or "table"
    parts = parts_of(io.BytesIO(page.content), name, tell=lambda _: None, encoding=options.encoding)
    try:
        yield from table_steps(parts, reading_of(options), now=page.fetched_at, tell=lambda _: None)
    except UsageError as error:
        raise ReadError(error.fact) from None


KIND = Kind(name="table", options=TableOptions, driver="own", own_addresses=True, start=start, read=read)
