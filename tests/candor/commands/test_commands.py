"""The commands as a person or a script calls them: real processes, a real store, exit status and output."""

from __future__ import annotations

import contextlib
import io
import json
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from analysis.measure.unnamed import ToldAlike, Unnamed
from candor.cli import main
from candor.commands.look.themes import table
from candor.commands.start.init import configuration
from crawler.configuration import from_text
from tests.support.mentions import make_mention

CONFIG = """
[[brands]]
name = "Tessaro"
role = "own"
query = 'Tessaro NOT perfume'
[[brands]]
name = "Ulmo"
role = "competitor"
"""
POSTS: list[dict[str, Any]] = [
    {
        "url": "https://forum.example/1",
        "text": "My Tessaro kettle leaks after two weeks and support never answered. Moving to Ulmo.",
        "author": "ann",
        "published_at": "2026-03-01T10:00:00Z",
        "rating": 1,
    },
    {
        "url": "https://forum.example/2",
        "text": "The Ulmo is quiet, but the Tessaro boils faster.",
        "author": "bob",
        "published_at": "2026-03-10",
    },
    {"url": "https://forum.example/3", "text": "A kettle is a kettle.", "published_at": "2026-03-10"},
]


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def candor(folder: Path, *words: str, given: str = "") -> Done:
    """Run ``candor`` in ``folder``, in this process: starting one for each test takes a second."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv, sys.stdin
    sys.argv, sys.stdin = ["candor", *words], io.StringIO(given)
    status = 0
    try:
        with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as ended:
        status = int(ended.code or 0)
    finally:
        sys.argv, sys.stdin = before
    return Done(status, out.getvalue(), err.getvalue())


def rows(done: Done) -> list[dict[str, Any]]:
    """Return standard output as JSON lines: nothing else may be on it."""
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration and imported posts."""
    made = tmp_path_factory.mktemp("candor")
    (made / "candor.toml").write_text(CONFIG)
    done = candor(made, "import", "-", given="\n".join(map(json.dumps, POSTS)))
    assert done.returncode == 0, done.stderr
    (summary,) = rows(done)
    assert {key: summary[key] for key in ("read", "new", "updated", "unmatched", "duplicates", "failed")} == {
        "read": 3,
        "new": 2,
        "updated": 0,
        "unmatched": 1,
        "duplicates": 0,
        "failed": 0,
    }
    return made


def test_a_second_import_adds_nothing(folder: Path) -> None:
    (summary,) = rows(candor(folder, "import", "-", given="\n".join(map(json.dumps, POSTS))))
    assert (summary["new"], summary["duplicates"], summary["unmatched"]) == (0, 2, 1)


def test_wrong_rows_make_the_exit_status_1_and_are_named(folder: Path) -> None:
    done = candor(folder, "import", "-", given='{"url":"https://forum.example/9"}\n')
    assert done.returncode == 1
    assert rows(done)[0]["failed"] == 1
    assert "-:1: text: is missing" in done.stderr


def test_search_finds_words_and_filters(folder: Path) -> None:
    hits = rows(candor(folder, "search", "--json", "boil*", "--brand", "tessaro"))
    assert [(hit["url"], hit["brand"]) for hit in hits] == [("https://forum.example/2", "tessaro")]
    assert {"id", "url", "brand", "published_at", "sentiment", "topics", "snippet"} <= set(hits[0])
    assert rows(candor(folder, "search", "--json", "boil*", "--until", "2026-03-02")) == []


def test_search_finds_by_meaning_a_text_or_a_mention_and_filters(folder: Path) -> None:
    done = candor(folder, "search", "--json", "--like", "Water drips out of it after a fortnight.")
    hits = rows(done)
    assert done.stderr == ""
    assert len(hits) == 4
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    assert set(rows(candor(folder, "search", "--json", "boil*"))[0]) == set(hits[0])
    leak = rows(candor(folder, "search", "--json", "leak*", "--brand", "tessaro"))[0]["id"]
    like = candor(folder, "search", "--json", "--like", leak)
    assert len(rows(like)) == 3
    assert leak not in [hit["id"] for hit in rows(like)]
    narrowed = rows(candor(folder, "search", "--json", "boil*", "--like", leak, "--brand", "Ulmo", "-n", "1"))
    assert [(hit["url"], hit["brand"]) for hit in narrowed] == [("https://forum.example/2", "ulmo")]
    assert "Tessaro boils faster" in candor(folder, "search", "--like", "it boils faster", "--brand", "tessaro").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--like", " "], "--like: nothing to compare with"),
        (["--like", "0" * 64], f"--like: no mention has the id {'0' * 64}; `candor search"),
        (["--like", "Tessaro!"], "says nothing but the names of brands"),
        (["--like", "電池がすぐ切れる"], "has no words in Latin script"),
        (["--like", "it leaks", "--newest"], "--newest: with --like the nearest come first"),
        ([], "QUERY: nothing to look for"),
    ],
    ids=["empty", "unknown id", "a name alone", "another script", "newest", "nothing"],
)
def test_search_says_what_it_cannot_compare(folder: Path, words: list[str], said: str) -> None:
    done = candor(folder, "search", *words)
    assert done.returncode == 2
    assert said in done.stderr


def test_themes_says_how_much_it_read_and_takes_one_form(folder: Path) -> None:
    done = candor(folder, "themes")
    assert done.returncode == 0, done.stderr
    assert "0 groups in" in done.stdout
    assert candor(folder, "themes", "--toml").stdout == candor(folder, "themes", "--json").stdout == ""
    both = candor(folder, "themes", "--toml", "--json")
    assert (both.returncode, "take one of them" in both.stderr) == (2, True)


def test_a_group_is_written_as_a_topic_that_a_configuration_takes_without_private_words(tmp_path: Path) -> None:
    sentences = ["The lid pops open.", 'It says "shut" and is not.', "The cover is loose.", "The catch broke."]
    told = [Unnamed("complaint", text, make_mention(n, private=n == 3)) for n, text in enumerate(sentences)]
    written = table(ToldAlike("tessaro", "complaint", ("lid", "pops"), tuple(told)))
    [topic] = from_text(CONFIG + written, path=tmp_path / "candor.toml", environ={}).topics
    assert (topic.key, topic.examples) == ("lid-pops", tuple(sentences[:3]))


def test_an_export_imported_elsewhere_gives_the_same_store(folder: Path, tmp_path: Path) -> None:
    first = candor(folder, "export", "--jsonl")
    assert len(first.stdout.splitlines()) == 4
    done = candor(tmp_path, "import", "-", "--store", "copy", given=first.stdout)
    assert rows(done)[0]["new"] == 4
    assert candor(tmp_path, "export", "--store", "copy").stdout == first.stdout
    again = candor(tmp_path, "import", "-", "--store", "copy", given=first.stdout)
    assert (rows(again)[0]["new"], rows(again)[0]["duplicates"]) == (0, 4)


def test_csv_export_has_a_row_per_mention(folder: Path) -> None:
    lines = candor(folder, "export", "--csv", "--brand", "ulmo").stdout.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("id,")


def test_authors_are_stored_as_pseudonyms_only(folder: Path) -> None:
    exported = rows(candor(folder, "export"))
    assert all(len(row["author"]) == 32 for row in exported)
    stored = b"".join(path.read_bytes() for path in (folder / ".candor").rglob("*") if path.is_file())
    assert b'"bob"' not in stored


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["search", '"open'], "quotation mark at column 1 is not closed"),
        (["search", "x", "--since", "someday"], "--since: 'someday' is not a time"),
        (["search", "x", "--sentiment", "sad"], "'sad' is not one of negative"),
        (["import", "no-such-file"], "no-such-file: cannot be read"),
        (["crawl"], "no [[sources]] to crawl"),
        (["read"], "give either FILE... or --manifest"),
        (["export", "--csv", "--jsonl"], "choose one"),
        (["report", "--config", "none.toml"], "candor init"),
        (["report", "--store", "ftp://x"], "--store: 'ftp://x': there is no store of the kind ftp"),
        (["alerts", "silence", "rule=harm", "--until", "99999999d"], "--until: '99999999d' is longer than there is"),
    ],
)
def test_a_mistake_in_the_call_is_named_with_exit_status_2(folder: Path, words: list[str], said: str) -> None:
    done = candor(folder, *words)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_all_mistakes_of_a_configuration_are_shown(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text('[[brands]]\nname = "x"\nrole = "owner"\n[crawl]\ndelay = 0\n')
    done = candor(tmp_path, "report")
    assert done.returncode == 2
    assert "candor.toml:3:" in done.stderr
    assert "candor.toml:5:" in done.stderr


@pytest.mark.parametrize("words", [["crawl"], ["crawl", "--on", "ray"], ["run"], ["watch", "--once"]])
def test_a_missing_contact_is_told_before_anything_begins(tmp_path: Path, words: list[str]) -> None:
    source = "[[sources]]\nkind = 'feed'\nurl = 'http://a.example/feed'\n"
    (tmp_path / "candor.toml").write_text(CONFIG + source)
    done = candor(tmp_path, *words)
    assert done.returncode == 2
    assert "candor.toml: [crawl] contact is missing: add contact =" in " ".join(done.stderr.split())
    assert [path.name for path in tmp_path.iterdir()] == ["candor.toml"]


def test_a_report_over_an_empty_store_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text(CONFIG)
    (tmp_path / "empty.jsonl").write_text("")
    assert candor(tmp_path, "import", "empty.jsonl").returncode == 0
    done = candor(tmp_path, "report")
    assert done.returncode == 1
    assert "candor import" in " ".join(done.stderr.split())


def test_a_report_as_json_html_and_csv(folder: Path) -> None:
    done = candor(
        folder, "report", "--json", "--now", "2026-03-12", "--html", "out.html", "--csv", "tables", "--compare", "none"
    )
    assert done.returncode == 0, done.stderr
    (report,) = rows(done)
    assert report["format"] == "candor-report"
    assert "<script" not in (folder / "out.html").read_text()
    assert list((folder / "tables").glob("*.csv"))


def test_what_is_left_out_of_a_report_is_said_with_how_much_it_hides(folder: Path) -> None:
    period = ["--since", "2026-03-01", "--until", "2026-03-12"]
    (whole,) = rows(candor(folder, "report", "--json", *period))
    sources = {row["id"] for row in whole["sources"]}
    theme = whole["themes"][0]["id"]
    (found,) = rows(candor(folder, "report", "--json", *period, "--without-theme", theme))
    assert found["left_out"] == [{"field": "complaint_topics", "values": [theme]}]
    assert found["mentions"] + found["left_out_mentions"] == whole["mentions"]
    assert found["left_out_mentions"] > 0
    text = " ".join(candor(folder, "report", *period, "--without-theme", theme).stdout.split())
    assert f"left out: complaint_topics {theme}" in text
    assert f"hides {found['left_out_mentions']} mention" in text
    assert candor(folder, "report", *period, "--without-source", sources.pop()).returncode == 1, "nothing is left"


def test_the_command_under_a_number_lists_its_mentions(folder: Path) -> None:
    (report,) = rows(candor(folder, "report", "--json", "--since", "2026-03-01", "--until", "2026-03-12"))
    for found in (report["themes"][0], report["reputation"][0], report["response"][0]):
        proof = found["evidence"]
        words = shlex.split(proof["command"])
        assert words[:2] == ["candor", "export"]
        listed = rows(candor(folder, *words[1:]))
        assert {row["id"] for row in listed} == set(proof["ids"])
        assert len(listed) == proof["total"]
    assert {post["mention_id"] for post in report["posts"]} >= set(report["themes"][0]["evidence"]["ids"])


def test_a_week_is_seven_whole_days_against_the_seven_before(folder: Path) -> None:
    (report,) = rows(candor(folder, "report", "--weekly", "--json", "--now", "2026-03-12T15:00"))
    assert (report["period"]["since"], report["period"]["until"]) == ("2026-03-06T00:00:00Z", "2026-03-13T00:00:00Z")
    assert (report["compared"]["since"], report["compared"]["days"]) == ("2026-02-27T00:00:00Z", 7)
    assert candor(folder, "report", "--weekly", "--since", "9d").returncode == 2
    assert "did you mean complaint_topics" in candor(folder, "search", "tessaro", "--where", "complaint_topic=x").stderr


def test_judge_and_track_answer_each_row() -> None:
    text = "The Ulmo is awful."
    judged = rows(
        candor(Path(), "judge", "-", given=json.dumps({"id": 7, "text": text, "targets": [{"start": 4, "end": 8}]}))
    )
    assert judged[0]["id"] == 7
    assert judged[0]["targets"][0]["label"] == "negative"
    row = {"id": "a", "start": "2026-01-01T00:00:00Z", "step_s": 86400, "values": [3, 4, 2, 5] * 20 + [60]}
    spikes = rows(candor(Path(), "track", "spikes", "-", given=json.dumps(row)))
    assert len(spikes[0]["scores"]) == 81
    assert spikes[0]["alerts"] == [80]


def test_init_from_flags_writes_what_doctor_accepts(tmp_path: Path) -> None:
    flags = ["--brand", 'Tess "A" aro', "--competitor", "L'Ulmo", "--feed", "https://news.example/feed.xml"]
    assert candor(tmp_path, "init", *flags, "--contact", "mailto:me@our.example").returncode == 0
    checks = {row["part"]: row["state"] for row in rows(candor(tmp_path, "doctor", "--offline", "--json"))}
    assert checks["config"] == checks["brands"] == checks["enrichers"] == "ok"
    assert candor(tmp_path, "init", *flags).returncode == 2


def test_init_without_a_terminal_asks_for_flags(tmp_path: Path) -> None:
    done = candor(tmp_path, "init")
    assert done.returncode == 2
    assert "--brand" in done.stderr


def test_the_program_itself_ends_with_the_status_and_without_a_traceback(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "candor", "crawl"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "candor init" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_written_configuration_is_commented() -> None:
    text = configuration(brand="A", competitors=["B"], sources=[("feed", "https://a.example/f")], contact="")
    assert text.count("#") >= 10


def test_doctor_says_how_each_brand_is_found_and_which_names_are_common_words(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text(
        """
[[brands]]
name = "Tessaro"
role = "own"
query = '(Tessaro OR Tesaro) NEAR/5 app'
[[brands]]
name = "Next"
role = "competitor"
aliases = ["BT", "C++", "Lay's"]
[[brands]]
name = "Target"
role = "competitor"
case_sensitive = true
[[brands]]
name = "Orange"
role = "competitor"
context = ["phone"]
[[brands]]
name = "Facebook"
role = "competitor"
aliases = ["Twitter"]
products = ["Apple"]
[alerts.rules.volume_spik]
least = 3
[[alerts.keywords]]
id = "fire"
query = '"caught fire" OR burn*'
"""
    )
    said = [
        (row["part"], row["state"], row["words"]) for row in rows(candor(tmp_path, "doctor", "--offline", "--json"))
    ]
    assert ("brand tessaro", "ok", 'found by ("Tessaro" or "Tesaro") near "app" (at most 5 words between)') in said
    assert [
        words.partition("alerts.rules: ")[2] for part, state, words in said if (part, state) == ("alerts", "bad")
    ] == ["'volume_spik' is no rule; `candor rules` lists them"]
    assert ("keyword fire", "ok", 'found by "caught fire" or a word like burn*') in said
    noted = {part: words for part, state, words in said if state == "note" and part.startswith("brand ")}
    assert list(noted) == ["brand next", "brand facebook"]
    assert noted["brand facebook"].startswith('"Apple" is a common word of English')
    assert [words.partition(":")[0] for part, state, words in said if (part, state) == ("brand next", "note")] == [
        '"Next" is a common word of English',
        '"BT" is very short',
        '"Lays" is a common word of English',
    ]


@pytest.mark.parametrize("brand", ["Tessaro", "tessaro", "TESSARO"])
def test_a_brand_is_taken_by_name_or_id_in_any_case(folder: Path, brand: str) -> None:
    exported = rows(candor(folder, "export", "--brand", brand))
    assert exported
    assert {row["brand"]["id"] for row in exported} == {"tessaro"}


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (("--brand", "Tesaro"), "--brand 'Tesaro' is neither configured nor stored; did you mean tessaro?"),
        (("--source", "forums"), "--source 'forums' is neither configured nor stored; known: import"),
        (("--topic", "Batery life"), "--topic 'Batery life' is neither configured nor stored; did you mean battery?"),
        (("--where", "lang=xx"), "--where: lang 'xx' is neither configured nor stored; known: en"),
        (("--where", "complaint_topics=nope"), "complaint_topics 'nope' is neither configured nor stored"),
        (("--without", "source.id=imprt"), "--without: source.id 'imprt' is neither configured nor stored"),
    ],
)
@pytest.mark.parametrize("command", [("export",), ("search", "kettle"), ("report",)], ids=lambda words: words[0])
def test_a_condition_that_nothing_has_is_refused(
    folder: Path, command: tuple[str, ...], condition: tuple[str, str], said: str
) -> None:
    done = candor(folder, *command, *condition)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_conditions_that_select_nothing_together_say_so(folder: Path) -> None:
    for command in (("export",), ("search", "--json", "kettle")):
        done = candor(folder, *command, "--brand", "ulmo", "--since", "2020-01-01", "--until", "2020-02-01")
        assert (done.returncode, done.stdout) == (0, "")
        assert "no mention matches all of these conditions" in done.stderr


def test_a_first_report_over_older_pages_is_of_where_they_are_and_says_so(folder: Path) -> None:
    done = candor(folder, "report", "--now", "2027-01-01")
    assert done.returncode == 0
    assert done.stdout.startswith("Nearly all of 4 stored mentions are older than the last days")
    assert "9 Feb 2026 to 10 Mar 2026" in done.stdout
    assert rows(candor(folder, "report", "--json", "--now", "2027-01-01"))[0]["moved"] is True
    assert candor(folder, "report", "--now", "2027-01-01", "--since", "30d").returncode == 1


def test_a_report_of_a_competitor_alone_does_not_say_that_nobody_complains_of_us(folder: Path) -> None:
    done = candor(folder, "report", "--now", "2026-03-15", "--brand", "Ulmo")
    assert "No complaint about our brands" not in done.stdout
    assert "This report is narrowed to Ulmo: complaints about our brands are not in it." in done.stdout


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--contact", "me"], "--contact: 'me' is no address"),
        (["--feed", "news.example/feed"], "--feed: 'news.example/feed' is not a web address"),
        (["--competitor", "Tessaro"], "--competitor: Tessaro was named already"),
    ],
)
def test_init_names_the_flag_that_is_wrong(tmp_path: Path, flags: list[str], said: str) -> None:
    done = candor(tmp_path, "init", "--brand", "Tessaro", *flags)
    assert (done.returncode, done.stderr.count("Traceback")) == (2, 0)
    assert said in done.stderr
    assert not (tmp_path / "candor.toml").exists()


def test_init_takes_several_competitors_in_one_answer(tmp_path: Path) -> None:
    candor(tmp_path, "init", "--brand", "L'Oréal", "--competitor", "AT&T, Ulmo")
    said = {row["part"] for row in rows(candor(tmp_path, "doctor", "--offline", "--json"))}
    assert {"brand l-oréal", "brand at-t", "brand ulmo"} <= said


def test_a_private_address_is_named_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text(
        CONFIG + "[[sources]]\nkind = 'feed'\nurl = 'http://10.1.2.3/f'\n[crawl]\ncontact = 'mailto:a@b.example'\n"
    )
    words = [sys.executable, "-m", "candor", "doctor"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'name its network under [crawl]: allow_networks = ["10.1.2.3/32"]' in done.stdout
    assert done.stderr == ""


def test_the_letters_of_a_folder_are_shown_whatever_they_hold(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text(CONFIG)
    row = {"url": "https://forum.example/9", "text": "Tessaro \ud800 leaks", "published_at": "2026-03-01T10:00:00Z"}
    assert candor(tmp_path, "import", "-", given=json.dumps(row) + "\n").returncode == 1
    shown = candor(tmp_path, "store", "dead-letters")
    assert shown.returncode == 0
    (letter,) = map(json.loads, shown.stdout.splitlines())
    assert letter["mention"]["text"] == row["text"]
    assert "surrogate" in letter["reason"]
    shown.stdout.encode("ascii")
    again = candor(tmp_path, "store", "dead-letters", "--replay")
    assert (again.returncode, json.loads(again.stdout)) == (1, {"written": 0, "refused": 1})
    assert len(candor(tmp_path, "store", "dead-letters").stdout.splitlines()) == 1


def test_a_workbook_of_an_app_s_reviews_is_as_many_reviews_as_it_has_rows(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Link", "Bewertung", "Sterne"])
    for number in range(520):
        sheet.append(["https://apps.example/tessaro", f"Tessaro number {number} leaks.", number % 5 + 1])
    book.save(tmp_path / "reviews.xlsx")
    (tmp_path / "candor.toml").write_text('[[brands]]\nname = "Tessaro"\nrole = "own"\n')
    (summary,) = rows(candor(tmp_path, "import", "reviews.xlsx", "--private"))
    assert (summary["read"], summary["new"], summary["failed"]) == (520, 520, 0)
    exported = rows(candor(tmp_path, "export"))
    assert {(row["kind"], row["private"]) for row in exported} == {("review", True)}
    (again,) = rows(candor(tmp_path, "import", "reviews.xlsx", "--private"))
    assert (again["new"], again["duplicates"]) == (0, 520)
