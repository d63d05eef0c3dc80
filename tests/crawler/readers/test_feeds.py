"""Feeds as the wild has them: damage costs what is damaged, words stay what they were, names are names."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.model.errors import ReadError
from crawler.readers.encoding import decode
from crawler.readers.facts.names import person
from crawler.readers.feeds.feed import Feed, read_feed
from crawler.readers.page import Page

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SPACES = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'


def feed(content: bytes | str, content_type: str = "") -> Feed:
    raw = content.encode() if isinstance(content, str) else content
    return read_feed(Page(raw, "https://n.example/feed", NOW, content_type))


def rss(*items: str, head: str = '<?xml version="1.0" encoding="utf-8"?>') -> str:
    inner = "".join(f"<item><link>https://n.example/{n}</link>{item}</item>" for n, item in enumerate(items))
    return f'{head}<rss version="2.0" {SPACES}><channel><title>A feed</title>{inner}</channel></rss>'


def atom(inner: str) -> str:
    link = '<link href="https://n.example/1"/>'
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>A feed</title><entry>{link}{inner}</entry></feed>'


def titles(content: bytes | str, content_type: str = "") -> list[str]:
    return [post.title for post in feed(content, content_type).posts]


@pytest.mark.parametrize(
    ("label", "codec", "words"),
    [
        ("shift_jis", "cp932", "テッサロ① ～ 髙島のやかん"),
        ("x-sjis", "cp932", "テッサロのやかん"),
        ("euc-jp", "euc_jis_2004", "テッサロ①のやかん"),
        ("euc-kr", "cp949", "똠방각하 주전자"),
        ("ks_c_5601-1987", "cp949", "주전자가 샌다"),
        ("big5", "cp950", "水壺碁銹漏水"),
        ("windows-874", "cp874", "กาน้ำรั่ว"),
        ("gb2312", "gb18030", "镕化的水壶"),
        ("windows-1251", "cp1251", "Чайник течёт"),
        ("iso-8859-1", "cp1252", "Größe – „gut“ für 3 €"),
    ],
)
def test_a_feed_is_decoded_as_pages_are(label: str, codec: str, words: str) -> None:
    document = rss(f"<title>{words}</title>", head=f'<?xml version="1.0" encoding="{label}"?>').encode(codec)
    assert titles(document) == [words]
    bare = rss(f"<title>{words}</title>", head='<?xml version="1.0"?>').encode(codec)
    assert titles(bare, f"application/rss+xml; charset={label}") == [words]


def test_a_wrong_byte_costs_one_character() -> None:
    document = rss("<title>Größe, Käfer</title>", "<title>Zw?ei</title>").encode().replace(b"?ei", b"\xffei")
    assert titles(document) == ["Größe, Käfer", "Zw\ufffdei"]
    long = ("<p>" + "ä" * 40 + " a " * 90_000 + "</p>").encode() + b"\xff"
    assert decode(long).count("ä") == 40


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("&#55357;&#56832;", "😀"),
        ("&#xD83D;&#xDE00;", "😀"),
        ("&#55357;", "\ufffd"),
        ("&#xDE00;", "\ufffd"),
        ("&#x110000;", "\ufffd"),
        ("&#xFFFFFFFF;", "\ufffd"),
        ("&#0;", "\ufffd"),
        ("&#228;", "ä"),
    ],
)
def test_a_bad_reference_costs_one_character(reference: str, said: str) -> None:
    assert titles(rss("<title>good</title>", f"<title>A {reference} lid</title>")) == ["good", f"A {said} lid"]


def test_an_entry_that_breaks_the_parser_costs_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    import feedparser

    real = feedparser.parse

    def breaks(content: bytes, **options: object) -> object:
        if b"poison" in content:
            raise OverflowError("an odd value")
        return real(content, **options)

    monkeypatch.setattr(feedparser, "parse", breaks)
    assert titles(rss("<title>one</title>", "<title>poison</title>", "<title>three</title>")) == ["one", "three"]
    with pytest.raises(ReadError, match="could not be read"):
        feed(rss("<title>poison</title>"))


def test_half_characters_in_a_json_feed_cost_themselves() -> None:
    document = '{"items": [{"id": "1", "url": "/a", "title": "A \\ud83d lid", "content_text": "\\ud83d\\ude00"}]}'
    (post,) = feed(document).posts
    assert (post.url, post.title, post.text) == ("https://n.example/a", "A \ufffd lid", "😀")


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Do not use &lt;script&gt; here", "Do not use <script> here"),
        ("Why the &lt;select&gt; of Tessaro leaks", "Why the <select> of Tessaro leaks"),
        ("&lt;3 Deno", "<3 Deno"),
        ("5 &lt; 6 &amp; 7", "5 < 6 & 7"),
        ("H&amp;M", "H&M"),
    ],
)
def test_a_title_of_plain_text_stays_plain_text(title: str, said: str) -> None:
    assert titles(rss(f"<title>{title}</title>")) == [said]
    assert titles(atom(f"<title>{title}</title>")) == [said]
    assert titles(atom(f'<title type="text">{title}</title>')) == [said]
    assert titles(json.dumps({"items": [{"id": "1", "url": "/a", "title": said}]})) == [said]


def test_a_title_of_html_loses_its_markup() -> None:
    assert titles(atom('<title type="html">A &lt;b&gt;good&lt;/b&gt; lid &amp;amp; pot</title>')) == [
        "A good lid & pot"
    ]
    assert titles(rss("<title>A &lt;b&gt;good&lt;/b&gt; lid</title>")) == ["A good lid"]
    assert titles(rss("<title>AT&amp;amp;T</title>")) == ["AT&T"]


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("<dc:creator>Ida Marsh</dc:creator><dc:creator>Tom Reed</dc:creator>", "Ida Marsh, Tom Reed"),
        ("<author>noreply@blog.example (Ida Marsh)</author>", "Ida Marsh"),
        ("<author>Ida Marsh &lt;ida@blog.example&gt;</author>", "Ida Marsh"),
        ("<author><![CDATA[ida@blog.example (Ida Marsh)]]></author>", "Ida Marsh"),
        ("<author>ida@blog.example</author>", ""),
        ("<dc:creator>Ida Marsh</dc:creator><author>ida@blog.example (Ida Marsh)</author>", "Ida Marsh"),
        ("<author>@ida</author>", "@ida"),
    ],
)
def test_all_authors_are_named_without_their_addresses(said: str, names: str) -> None:
    assert feed(rss(f"<title>t</title>{said}")).posts[0].author == names


def test_authors_in_atom_and_json_are_named_without_their_addresses() -> None:
    ann = "<author><name>Ida Marsh</name><email>ida@blog.example</email></author>"
    tom = "<author><name>Tom Reed</name></author><source><author><name>Planet</name></author></source>"
    assert feed(atom(f"<title>t</title>{ann}{tom}")).posts[0].author == "Ida Marsh, Tom Reed"
    people = [{"name": "Ida Marsh (ida@blog.example)"}, {"name": "tom@blog.example"}]
    assert feed(json.dumps({"items": [{"id": "1", "authors": people}]})).posts[0].author == "Ida Marsh"
    assert person("Ida Marsh, ida@blog.example") == "Ida Marsh"


def test_a_photos_caption_is_no_text_where_there_is_one() -> None:
    said = "<media:description type='plain'>A pot</media:description>"
    photo = f"<media:content url='https://n.example/a.jpg'>{said}</media:content>"
    assert feed(rss(f"<title>t</title>{photo}<description>It leaks.</description>")).posts[0].text == "It leaks."
    assert feed(rss(f"<title>t</title><description>It leaks.</description>{photo}")).posts[0].text == "It leaks."
    assert feed(rss(f"<title>t</title><media:group>{photo}</media:group>")).posts[0].text == "A pot"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "file:///etc/passwd", "mailto:a@b.example"]
)
def test_what_leads_to_no_page_is_no_address(link: str) -> None:
    bad = f"<item><title>A lid</title><link>{link}</link><guid isPermaLink='false'>g</guid></item>"
    (post,) = feed(f'<rss version="2.0"><channel><title>x</title>{bad}</channel></rss>').posts
    assert post.url.startswith("https://n.example/feed#entry-")
    (post,) = feed(json.dumps({"items": [{"id": "1", "url": link, "title": "A lid"}]})).posts
    assert post.url.startswith("https://n.example/feed#entry-")


def test_entries_are_told_apart_and_counted_where_they_are_one() -> None:
    shared = "<title>{0}</title><link>https://n.example/all</link><guid isPermaLink='false'>{0}</guid>"
    inner = "".join(f"<item>{shared.format(name)}</item>" for name in ("a", "b", "a"))
    both = feed(f'<rss version="2.0"><channel><title>x</title>{inner}</channel></rss>')
    assert (len({post.url for post in both.posts}), both.merged) == (2, 1)
    assert all(post.url.startswith("https://n.example/all#entry-") for post in both.posts)
    alone = feed(rss("<title>a</title><guid isPermaLink='false'>a</guid>"))
    assert [post.url for post in alone.posts] == ["https://n.example/0"]


@given(st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
def test_no_bytes_break_the_reader_of_feeds(junk: bytes) -> None:
    whole = rss("<title>good</title>", "<title>@</title>").encode().replace(b"@", junk)
    for content in (junk, whole, b'{"items": [' + junk + b"]}"):
        try:
            posts = feed(content).posts
        except ReadError:
            continue
        for post in posts:
            post.title.encode()
            post.text.encode()
            post.url.encode()
