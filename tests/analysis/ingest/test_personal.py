"""What identifies a private person is not stored; what only looks like it, and what is a brand's own, stays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analysis.ingest.personal import without_persons
from analysis.model import Post

AT = datetime(2026, 3, 1, tzinfo=UTC)


def stored(text: str, *own: str) -> str:
    return without_persons(Post(url="https://a.example/1", text=text, fetched_at=AT), own or ("Tessaro",)).text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Write to ann.lee+k@mail.example.org, please.", "Write to (e-mail), please."),
        ("@ann_lee and @bo@social.example said so", "@someone and @someone said so"),
        ("call +49 170 1234567 or 0170/1234567", "call (number) or (number)"),
        ("call (555) 123-4567, 0043 1 234 56 78", "call (number), (number)"),
        ("pay to DE89 3704 0044 0532 0130 00 now", "pay to (account) now"),
        ("pay to GB82WEST12345698765432", "pay to (account)"),
    ],
)
def test_what_identifies_a_person_is_taken_out(text: str, wanted: str) -> None:
    assert stored(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "On 2026-03-01 10:00 and 01.03.2026, version 1.20.300, for 1,204,500 or 1 200 000.50",
        "order 4711-0815-22, part AB12 3456, model DE89 3704 0044 0532 0130 01",
        "ask help@tessaro.example or @TessaroHelp",
        "mail me @ home, 5 @ 3, f(x)@2, user@host",
        "see https://social.example/@ann/110447998397052646",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert stored(text) == text


def test_a_title_is_no_better() -> None:
    post = Post(url="https://a.example/1", title="From ann@mail.example", text="x", fetched_at=AT)
    assert without_persons(post, ()).title == "From (e-mail)"
