"""A wrong value is told in plain words: where it stands, as the file calls it, what is wrong and how it is written."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from analysis.model.errors import ConfigError
from analysis.settings.mistakes import in_words
from analysis.settings.tables import HarmFactor
from analysis.track.harm import Weights
from crawler.configuration import from_text

BRAND = '[[brands]]\nname = "Tessaro"\nrole = "own"\n'
FEED = '[[sources]]\nkind = "feed"\nurl = "https://a.example/"\n'


def said(text: str) -> list[str]:
    """Return the problems of ``text``, without the file's name."""
    with pytest.raises(ConfigError) as caught:
        from_text(text, path=Path("candor.toml"), environ={})
    return [problem.removeprefix("candor.toml") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (BRAND.replace('"Tessaro"', "5"), ':2: brands[1].name: must be a text between quotation marks'),
        (BRAND.replace('"Tessaro"', '"!!"') + 'id = "x"', ":1: brands[1]: '!!' holds no letter or digit"),
        (BRAND + 'aliases = "x"', ":4: brands[1].aliases: must be a list between brackets: ['x']"),
        (BRAND + 'products = ["$"]', ":4: brands[1].products[1]: '$' holds no letter or digit"),
        (BRAND + 'exact = "maybe"', ":4: brands[1].exact: must be true or false, without quotation marks"),
        (BRAND + 'id = "../x"', ":4: brands[1].id: the id '../x' holds '/'; write letters and digits"),
        (BRAND + 'id = "-x"', ":4: brands[1].id: the id '-x' begins with '-'"),
        (BRAND + f'id = "{"x" * 101}"', ":4: brands[1].id: the id 'xxxx"),
        (BRAND + 'query = "AND"', ":4: brands[1].query: the query breaks at column 1"),
        (BRAND.replace("[[brands]]", "[brands]"), ":1: brands: there may be many of these: write [[brands]]"),
        ('brands = ["Tessaro"]', ":1: brands[1]: must be a table"),
        (FEED + 'id = "a b"', ":4: sources[1].id: the id 'a b' holds ' '"),
        (FEED.replace(".example", ".example:99999"), ":3: sources[1].url: 'https://a.example:99999/' is not a web"),
        (FEED + "promise = 5", ":4: sources[1].promise: must be a table"),
        ('[[sources]]\nkind = "feed"', ":1: sources[1].url: is missing; every [[sources]] needs url = ..."),
        ('[[sources]]\nurl = "x"', ":1: sources[1].kind: is missing; write one of feed, sitemap"),
        ('[[sources]]\nkind = "github"\nrepository = "x"', ":3: sources[1].repository: 'x' is not written"),
        ('[[crawl]]\nretries = 1', ":1: crawl: there is one of these: write [crawl]"),
        ("[crawl]\nretries = 1.5", ":2: crawl.retries: must be a whole number without quotation marks"),
        ("[crawl]\nper_host = 0", ":2: crawl.per_host: must be 1 or more; 0 was given"),
        ('[crawl]\ndelay = "2h"', ":2: crawl.delay: is too short or too long; write a time from 0.001s to 1h"),
        ('[crawl]\nallow_networks = ["10.0.0.1/8"]', ":2: crawl.allow_networks[1]: '10.0.0.1/8' is no"),
        ("[report]\nq = 2", ":2: report.q: must be less than 1; 2 was given"),
        ('[report]\nharm_weights = { reach = "x" }', ":2: report.harm_weights.reach: must be a number, such as 0.5"),
        ("[report]\nharm_weights = { reac = 1 }", ":2: report.harm_weights.reac: 'reac' is not one of severity"),
        ("[report]\nharm_weights = { reach = -1 }", ":2: report.harm_weights.reach: must be 0 or more"),
        ('[serve]\nhosts = ["https://a.example/"]', ":2: serve.hosts[1]: 'https://a.example/' is no host's name"),
        ('[serve]\nhosts = ["a.example:99999"]', ":2: serve.hosts[1]: 'a.example:99999': a port is a number from 1 to"),
        ("[serve.proxy]\nnetworks = []", ":2: serve.proxy.networks: must not be empty"),
        ('[[reports]]\nto = ["x"]', ":2: reports[1].to[1]: 'x' is no mail address"),
        ('[[reports]]\nto = ["a@b.example"]\nat = 8', ":3: reports[1].at: 8 is no time; write 08:30:00"),
        ('[alerts]\ndigest = "hourly"', ":2: alerts.digest.every: 'hourly' is not one of never, daily, weekly"),
        ("[kibana]\nspace = 'x'", ":1: kibana.url: is missing; every [kibana] needs url = ..."),
        ('[tracker]\nkind = "gitlab"\nproject = "x"\napi = "z"', ":4: tracker.api: 'z' is not a web address"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_once_with_its_place_and_how_it_is_written(text: str, problem: str) -> None:
    [told] = said(text)
    assert told.startswith(problem)
    assert not any(word in told.casefold() for word in ("input", "valid string", "valid tuple", "parse", "tuple"))


def test_the_weights_that_may_be_written_are_those_of_the_ranking() -> None:
    config = from_text("[report]\nharm_weights = { reach = 2 }", path=Path("candor.toml"), environ={})
    assert Weights(**config.report.weights) == Weights(reach=2.0)
    assert {field.name for field in fields(Weights)} == set(get_args(HarmFactor))


def test_a_key_in_the_place_of_its_variables_name_is_not_shown() -> None:
    [told] = said('[[sources]]\nkind = "github"\nrepository = "a/b"\nkey_env = "ghp-secret7"')
    assert "the name of a variable, not the key itself" in told
    assert "secret7" not in told


def test_of_very_many_mistakes_the_first_are_told_and_how_many_are_left() -> None:
    told = said("\n".join(f"key{number} = 1" for number in range(250)))
    assert (len(told), told[-1]) == (101, ": and 150 more")


def test_a_long_value_is_cut() -> None:
    [told] = said(f'[report]\ntimezone = "{"x" * 5000}"')
    assert len(told) < 300


def test_ids_in_any_script_are_taken() -> None:
    config = from_text(BRAND + 'id = "हिंदी.v2"', path=Path("candor.toml"), environ={})
    assert config.brands[0].id == "हिंदी.v2"


def test_what_has_no_words_of_its_own_is_told_in_those_that_came() -> None:
    assert in_words({"type": "of_another_sort", "msg": "Is off", "input": 1, "loc": ()}) == "is off; 1 was given"
