"""Names, queries and addresses that public bug reports describe: found, refused or told apart as is right."""

from __future__ import annotations

import ast
import csv
import json
from pathlib import Path
from typing import Any

import pytest

from analysis.model.addresses import identity, own_address
from analysis.model.errors import QueryError
from analysis.model.query import matches, parse
from analysis.model.text import token_words
from tests.candor.commands.test_commands import candor, rows
from tests.support.shared import SHARED, needs_shared

pytestmark = [needs_shared("cases/reading"), needs_shared("cases/using"), pytest.mark.shared]

READING, USING = SHARED / "cases" / "reading", SHARED / "cases" / "using"
BRANDS = {
    "att": "AT&T", "hm": "H&M", "cpp": "C++", "net": ".NET", "loreal": "L'Oréal", "nescafe": "Nescafé",
    "skoda": "Škoda", "tess": "Tessaro", "isik": "Işık", "sam": "삼성전자", "toyota": "トヨタ", "arab": "أرامكو",
    "heb": "טסארו", "greek": "Τέσαρο", "eon": "E.ON", "apple": "Apple", "kid": "K&N", "cns": "& Other Stories",
}  # fmt: skip
"""The names that the rows of the saved table call by these ids."""
CONTEXT = {"apple": ["iphone"]}
REFUSED = {"BW url", "MW title", "site", "lang", "emoji", "emoji2", "fuzzy", "NEAR bare"}
"""Rows whose query may also be refused, with its column: their right value asks for a reading that no engine shares."""


def found_brands(folder: Path, names: dict[str, str], texts: list[str]) -> list[set[str]]:
    """Return which brands an import finds in each text, where the configuration knows their names alone."""
    tables = [
        f'[[brands]]\nid = "{key}"\nname = {json.dumps(name)}\nrole = "competitor"\ncontext = {CONTEXT.get(key, [])}\n'
        for key, name in names.items()
    ]
    (folder / "candor.toml").write_text('store = "store"\n' + "".join(tables).replace("competitor", "own", 1), "utf-8")
    given = [{"url": f"https://a.example/{number}", "text": text} for number, text in enumerate(texts)]
    done = candor(folder, "import", "-", given="\n".join(map(json.dumps, given)))
    assert done.returncode == 0, done.stderr
    found: list[set[str]] = [set() for _ in texts]
    for row in rows(candor(folder, "export", "--jsonl")):
        found[int(row["url"].rpartition("/")[2])].add(row["brand"]["id"])
    return found


def test_every_brand_word_is_found_or_not_as_it_should(tmp_path: Path) -> None:
    with (READING / "brand_words" / "words.tsv").open(encoding="utf-8") as file:
        table = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert {row["brand"] for row in table} == set(BRANDS)
    found = found_brands(tmp_path, BRANDS, [row["text"] for row in table])
    wrong = [row for row, brands in zip(table, found, strict=True) if (row["brand"] in brands) != (row["right"] == "1")]
    assert wrong == []


def test_a_plain_spelling_finds_the_accented_name(tmp_path: Path) -> None:
    names = {"n": "Nestlé", "c": "Citroën", "l": "L'Oréal", "h": "Häagen-Dazs", "m": "McDonald's"}
    texts = ["Nestle recall", "Citroen C3", "L'Oreal serum", "Haagen Dazs ice", "McDonalds fries"]
    assert found_brands(tmp_path, names, texts) == [{key} for key in names]


def pasted() -> list[tuple[str, str, str, bool | None]]:
    """Return the rows that the saved script lists: where from, query, text, and what is right (None: either)."""
    tree = ast.parse((USING / "accents" / "q.py").read_text("utf-8"))
    (listed,) = [node for node in tree.body if isinstance(node, ast.Assign)]
    table = listed.value
    assert isinstance(table, ast.List)
    rows_: list[tuple[str, str, str, bool | None]] = []
    for row in table.elts:
        assert isinstance(row, ast.Tuple)
        source, query, text, right = row.elts
        said = eval(compile(ast.Expression(text), "row", "eval"), {})
        rows_.append((ast.literal_eval(source), ast.literal_eval(query), said, ast.literal_eval(right)))
    return rows_


def test_a_pasted_query_is_understood_or_refused_with_its_column() -> None:
    wrong: list[tuple[Any, ...]] = []
    for source, query, text, right in pasted():
        try:
            found = matches(parse(query), token_words(text))
        except QueryError as problem:
            if not 1 <= problem.column <= len(query) + 1:
                wrong.append((source, query, str(problem)))
            elif right is not None and source not in REFUSED:
                wrong.append((source, query, f"refused: {problem}"))
            continue
        if right is not None and found != right:
            wrong.append((source, query, text, right, found))
    assert wrong == []


def test_forms_of_one_address_are_one_and_those_of_two_are_two() -> None:
    wrong = []
    for line in (READING / "addresses_that_are_one_or_two" / "pairs.txt").read_text("utf-8").splitlines():
        sign = " != " if " != " in line else " = "
        one, other = line.split(sign)
        same = identity(own_address(one)) == identity(own_address(other))
        if same != (sign == " = "):
            wrong.append((line, own_address(one), own_address(other)))
    assert wrong == []
