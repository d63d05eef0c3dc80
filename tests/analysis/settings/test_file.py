"""The configuration: what a right file means, and that every mistake is named with line, key and cure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analysis.model.errors import ConfigError
from analysis.settings.values import seconds, slug
from crawler.configuration import from_text, load

GOOD = """
store = "mentions"
[[brands]]
name = "Tessaro"
role = "own"
query = '"Tessaro kettle" OR tessaro.example NOT perfume'
products = ["AquaPeak"]
context = ["kettle"]
not = ["perfume"]
[[brands]]
name = "Ulmo Home"
role = "competitor"
[[sources]]
kind = "feed"
url = "https://news.example/feed.xml"
every = "15m"
promise = { posts = 20, dated = 0.9 }
[crawl]
contact = "mailto:web@tessaro.example"
allow_networks = ["127.0.0.0/8"]
delay = "1s"
"""


def test_a_right_file_is_read_whole(tmp_path: Path) -> None:
    config = from_text(GOOD, path=tmp_path / "candor.toml", environ={})
    own, other = config.brands
    assert (own.id, own.role, own.exclude, own.context) == ("tessaro", "own", ("perfume",), ("kettle",))
    assert other.id == "ulmo-home"
    source = config.sources[0]
    assert (source.every_s, source.promise_posts, source.promise_dated) == (900, 20, 0.9)
    assert source.id == "feed-news-example-feed-xml"
    assert config.store == str(tmp_path / "mentions")
    assert config.key_file == tmp_path / ".candor" / "installation.key"


def test_the_environment_chooses_the_store(tmp_path: Path) -> None:
    environ = {"CANDOR_STORE": "https://elastic.example:9200"}
    config = from_text(GOOD, path=tmp_path / "candor.toml", environ=environ)
    assert config.store == "https://elastic.example:9200"


def test_all_mistakes_are_reported_at_once_with_line_and_cure(tmp_path: Path) -> None:
    text = "\n".join(
        [
            'stoer = "x"',
            "[[brands]]",
            'name = "Tessaro"',
            'role = "owner"',
            "query = '\"Tessaro kettle'",
            "[[sources]]",
            'kind = "feeds"',
            'url = "ftp://x"',
            'every = "15 minutes"',
            "[crawl]",
            'allow_networks = ["10.0.0.1/8"]',
            "delay = 0",
        ]
    )
    with pytest.raises(ConfigError) as caught:
        from_text(text, path=tmp_path / "candor.toml", environ={})
    said = "\n".join(caught.value.problems)
    for line, part in (
        (1, "did you mean store?"),
        (4, "'owner' is not one of own, competitor"),
        (5, "the quotation mark at column 1 is not closed"),
        (7, "did you mean feed?"),
        (8, "must begin with http:// or https://"),
        (9, "write 30s, 15m, 6h, 2d or 1w"),
        (11, "is no network; write 10.0.0.0/8"),
        (12, "write a time from 0.001s to 1h"),
    ):
        assert any(f":{line}: " in problem and part in problem for problem in caught.value.problems), (line, part, said)
    assert len(caught.value.problems) == 8


def test_bounds_the_wrong_way_round_are_refused_at_their_line(tmp_path: Path) -> None:
    text = '[[sources]]\nkind = "feed"\nurl = "http://a.example/"\nfastest = "2h"\nslowest = "1h"\n'
    said = r":5: sources\[1\]\.slowest: fastest \(7200 s\) is longer than slowest \(3600 s\); swap them"
    with pytest.raises(ConfigError, match=said):
        from_text(text, path=tmp_path / "candor.toml", environ={})


def test_a_digest_is_a_word_or_a_table(tmp_path: Path) -> None:
    def read(text: str) -> Any:
        return from_text(text, path=tmp_path / "candor.toml", environ={}).alerts.digest

    assert read("").every == "never"
    assert read('[alerts]\ndigest = "weekly"\n').every == "weekly"
    table = read('[alerts.digest]\nevery = "daily"\nat = 09:30:00\ntimezone = "Europe/Berlin"\n')
    assert (table.every, table.at.hour, table.timezone) == ("daily", 9, "Europe/Berlin")
    with pytest.raises(ConfigError, match=r":1: alerts\.digest\.day: 'mon' is not one of .*; did you mean monday"):
        read('[alerts.digest]\nday = "mon"\n'.replace("[alerts.digest]\n", "alerts.digest."))


def test_equal_ids_are_refused(tmp_path: Path) -> None:
    text = '[[brands]]\nname = "A"\nrole = "own"\n[[brands]]\nname = "a"\nrole = "competitor"\n'
    with pytest.raises(ConfigError, match=r":4: brands\[2\]: the id 'a' is taken"):
        from_text(text, path=tmp_path / "candor.toml", environ={})


def test_broken_toml_and_a_missing_file_say_the_cure(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file; write one"):
        load(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("[[brands]\n")
    with pytest.raises(ConfigError, match=r"bad.toml:1: not valid TOML"):
        load(tmp_path / "bad.toml")
    (tmp_path / "latin.toml").write_bytes(b'store = "caf\xe9"')
    with pytest.raises(ConfigError, match="UTF-8"):
        load(tmp_path / "latin.toml")


@pytest.mark.parametrize(("text", "expected"), [("15m", 900), ("1h30m", 5400), ("2d", 172800), ("1.5h", 5400), (7, 7)])
def test_durations(text: str | float, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "15", "m", "15 minutes", "-1h"])
def test_what_is_not_a_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        seconds(text)


def test_a_retired_teams_address_is_refused_with_the_cure(tmp_path: Path) -> None:
    text = '[[channels]]\nurl = "https://acme.webhook.office.com/webhookb2/x"\n'
    with pytest.raises(ConfigError, match="workflows://"):
        from_text(text, path=tmp_path / "candor.toml", environ={})


@pytest.mark.parametrize(("name", "expected"), [("Über Bräu!", "über-bräu"), ("A  B_c", "a-b-c"), ("!!", "")])
def test_slugs(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_a_mark_before_the_text_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "candor.toml"
    path.write_bytes("[[brands]]\nname = 'Tessaro'\nrole = 'own'\n".encode("utf-8-sig"))
    assert [brand.id for brand in load(path).brands] == ["tessaro"]


@pytest.mark.parametrize(
    ("contact", "kept"),
    [("a@b.example", "mailto:a@b.example"), ("mailto:a@b.example", ""), ("https://b.example/bot", ""), ("", "")],
)
def test_a_contact_is_an_address(tmp_path: Path, contact: str, kept: str) -> None:
    path = tmp_path / "candor.toml"
    path.write_text(f"[crawl]\ncontact = '{contact}'\n")
    assert load(path).crawl.contact == (kept or contact)


@pytest.mark.parametrize("contact", ["me", "two words", "a@b", "ftp://b.example", "mailto:"])
def test_a_contact_that_nobody_can_write_to_is_refused_with_its_line(tmp_path: Path, contact: str) -> None:
    path = tmp_path / "candor.toml"
    path.write_text(f"[crawl]\ncontact = '{contact}'\n")
    with pytest.raises(ConfigError, match=r"candor.toml:2: crawl.contact: .* is no address"):
        load(path)


def test_files_that_it_names_lie_beside_it_wherever_its_state_is(tmp_path: Path) -> None:
    path = tmp_path / "config" / "candor.toml"
    path.parent.mkdir()
    path.write_text(
        "[enrich]\ntaxonomy = 'topics.yaml'\n[privacy]\nkey_file = 'the.key'\n"
        "[[channels]]\nurl_file = 'chat.txt'\n[[channels]]\nurl = 'https://a.example/'\nsecret_file = 'sign.txt'\n"
    )
    config = load(path, environ={"CANDOR_STATE": str(tmp_path / "volume")})
    beside = path.parent
    assert config.state == tmp_path / "volume"
    assert (config.taxonomy, config.key_file) == (beside / "topics.yaml", beside / "the.key")
    assert [(one.url_file, one.secret_file) for one in config.channels] == [
        (str(beside / "chat.txt"), ""),
        ("", str(beside / "sign.txt")),
    ]


def test_brands_of_channels_and_keywords_are_taken_by_name_and_refused_where_unknown(tmp_path: Path) -> None:
    path = tmp_path / "candor.toml"
    text = (
        "[[brands]]\nname = 'Ulmo Home'\nrole = 'own'\n[[channels]]\nurl = 'json://a.example'\nbrands = ['{0}']\n"
        "[[alerts.keywords]]\nid = 'fire'\nquery = 'fire'\nbrands = ['{0}']\n"
    )
    config = from_text(text.format("ULMO home"), path=path, environ={})
    assert config.channels[0].brands == config.alerts.keywords[0].brands == ("ulmo-home",)
    with pytest.raises(ConfigError) as caught:
        from_text(text.format("Ulmo Hme"), path=path, environ={})
    assert [problem.partition("candor.toml")[2] for problem in caught.value.problems] == [
        ":6: channels[1].brands: 'Ulmo Hme' is no brand; did you mean ulmo home?",
        ":10: alerts.keywords[1].brands: 'Ulmo Hme' is no brand; did you mean ulmo home?",
    ]


OWN = (
    '[[topics]]\nname = "Lid trouble"\nexamples = ["It will not shut.", "The lid pops open.", "The cover is loose."]\n'
)


def test_topics_of_ones_own_have_an_id_made_of_their_name(tmp_path: Path) -> None:
    [topic] = from_text(GOOD + OWN, path=tmp_path / "candor.toml", environ={}).topics
    assert (topic.key, len(topic.examples), topic.value, topic.journey) == ("lid-trouble", 3, "product", "use")


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ('[enrich]\nmodel = "linear"\n' + OWN, "needs the network"),
        (OWN + OWN, "the id 'lid-trouble' is taken"),
        (OWN + 'id = "Lid Trouble"\n', "small letters, digits and hyphens"),
        (OWN.replace(', "The cover is loose."', ""), "examples"),
        (OWN + 'journey = "later"\n', "before"),
    ],
    ids=["linear", "twice", "id", "two examples", "journey"],
)
def test_a_topic_that_cannot_be_used_is_named_with_its_line(tmp_path: Path, added: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_text(GOOD + added, path=tmp_path / "candor.toml", environ={})
    assert any(said in problem and "candor.toml:" in problem for problem in caught.value.problems)
