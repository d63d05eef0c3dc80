"""What a page calls its canonical address is believed where it is an address of that page."""

from __future__ import annotations

import pytest

from analysis.model.addresses import canonical

SITE = "https://www.paper.example"


@pytest.mark.parametrize(
    ("own", "declared"),
    [
        ("/news/7", "/news/"),
        ("/news/7", "/news/undefined"),
        ("/news/7", "/null/7"),
        ("/news/7", "/{{ page.url }}"),
        ("/news/7", "/%7B%7B%20page.url%20%7D%7D"),
        ("/news/7", "/<%= url %>"),
        ("/news/7", "/${slug}"),
        ("/news/7", "/"),
        ("/news/7", "/index.html"),
        ("/en/story/7", "/en/"),
        ("/story/7", "/en-gb"),
        ("/?p=17", "/"),
        ("/story.php?id=17", "/story.php"),
        ("/view-story.php?art=17", "/view-story.php"),
        ("/stories/handle-breaks-again", "/category/kitchen"),
        ("/handle-breaks", "/stories"),
        ("/2026/11/28/handle", "/2026/11/28/"),
        ("/viewtopic.php?t=17", "/viewtopic.php?t=18"),
    ],
)
def test_an_address_that_stands_for_many_pages_is_not_believed(own: str, declared: str) -> None:
    assert canonical(SITE + own, declared=SITE + declared) == canonical(SITE + own)


@pytest.mark.parametrize(
    ("own", "declared"),
    [
        ("/?p=17", "/2026/11/28/handle-breaks/"),
        ("/a/7?page=2", "/a/7"),
        ("/a/7/amp", "/a/7"),
        ("/amp/handle-breaks", "/handle-breaks"),
        ("/t/handle/1234/5", "/t/handle/1234"),
        ("/t/handle/page/3", "/t/handle"),
        ("/viewtopic.php?f=1&t=17", "/viewtopic.php?t=17"),
        ("/node/1234", "/how-the-handle-of-a-kettle-breaks"),
        ("/2026/11/28/handle-breaks", "/handle-breaks"),
        ("/kettle-pro?colour=blue", "/kettle-pro"),
    ],
)
def test_an_address_of_the_page_is_believed(own: str, declared: str) -> None:
    assert canonical(SITE + own, declared=SITE + declared) == SITE + declared
