"""The report by e-mail: a real mail server on loopback, a real store, `candor mail` and what `candor watch` calls."""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from analysis.model.records.mailing import MAILINGS, Mailing
from analysis.settings.file import Config
from analysis.settings.tables import MailedReportSection
from analysis.store.embedded.store import EmbeddedStore
from candor.checks.outside import outside_lines
from candor.mail import due
from candor.mail.office import PASSWORD, SENDER, VARIABLE, MailError, office_of
from candor.mail.passes import send_due, written
from candor.schedule.telling import mail_safely
from crawler.configuration import load
from crawler.drawing.browser import VARIABLE as BROWSER
from tests.candor.commands.test_commands import candor, rows
from tests.candor.paper.test_printing import CONFIG
from tests.support import seeded
from tests.support.crawl.chromium import needs_chromium
from tests.support.mail_server import MailBox, mail_server, self_signed

NOW = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)  # a Monday
ATTACK = '"><script>alert(1)</script><img src=http://evil.example/x> tessaro\r\nBcc: all@evil.example'
REPORTS = """
[[reports]]
id = "weekly"
to = ["ann@tessaro.example", "bob@tessaro.example"]
every = "weekly"
day = "monday"
at = 08:00:00
days = 30
format = "html"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a seeded store, in which a post attacks whoever reads mail, and a weekly report."""
    (tmp_path / "candor.toml").write_text(f'store = "{tmp_path / "store"}"\n{CONFIG}{REPORTS}')
    with seeded.seeded_store(tmp_path / "store") as store:
        ours = [one for one in seeded.mentions() if "battery" in one.complaint_topics and one.brand.id == "tessaro"]
        changed = [replace(one, text=ATTACK, quote=ATTACK, title="", last_seen_at=NOW) for one in ours[-30:]]
        store.write(changed)
        store.refresh()
    return tmp_path


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailBox]:
    """A mail server without a login that the environment names."""
    with mail_server(MailBox()) as served:
        monkeypatch.setenv(VARIABLE, f"smtp+plain://127.0.0.1:{served.port}")
        monkeypatch.setenv(SENDER, "candor@tessaro.example")
        yield served


def sent(folder: Path, *words: str) -> list[dict[str, Any]]:
    return rows(candor(folder, "mail", "--now", NOW.isoformat(), "--json", *words))


def part(letter: EmailMessage, kind: str) -> Any:
    body = letter.get_body((kind,))
    assert body is not None
    return body.get_content()


def test_a_mail_has_plain_words_and_a_form_that_mail_programs_show(folder: Path, box: MailBox) -> None:
    assert sent(folder) == [{"report": "weekly", "sent": True, "people": 2, "problem": ""}]
    (letter,) = box.letters
    assert box.people == [["ann@tessaro.example", "bob@tessaro.example"]]
    assert (letter["From"], letter["To"]) == (
        "Candor <candor@tessaro.example>",
        "ann@tessaro.example, bob@tessaro.example",
    )
    assert letter["Subject"] == "Tessaro: what to improve, 3 Oct 2026 to 1 Nov 2026"
    plain, rich = part(letter, "plain"), part(letter, "html")
    assert "1. Battery life:" in plain
    assert "NEW COMPLAINTS" in plain
    assert "Battery life" in rich
    assert re.findall(r"<(script|svg|style|link|iframe|form)\b", rich) == []
    images = set(re.findall(r'src="([^"]+)"', rich))
    assert images
    assert all(one.startswith("cid:") for one in images)
    pictures = {one["Content-ID"].strip("<>"): one.get_content() for one in letter.walk() if one["Content-ID"]}
    assert {one.removeprefix("cid:") for one in images} == set(pictures)
    for png in pictures.values():
        assert png.startswith(b"\x89PNG")
        assert struct.unpack(">I", png[16:20])[0] > 400
    assert list(letter.iter_attachments()) == []


def test_a_post_that_attacks_is_read_and_does_nothing(folder: Path, box: MailBox) -> None:
    sent(folder)
    (letter,) = box.letters
    rich = part(letter, "html")
    assert "&lt;script&gt;" in rich
    assert "<script" not in rich
    assert 'src="http' not in rich
    assert "src=http" not in re.sub(r"&lt;.*?&gt;", "", rich)
    assert letter["Bcc"] is None
    assert "all@evil.example" not in str(box.people)


@needs_chromium
def test_both_forms_with_the_pdf(folder: Path, box: MailBox) -> None:
    file = folder / "candor.toml"
    file.write_text(file.read_text().replace('format = "html"', 'format = "both"'))
    assert sent(folder)[0]["problem"] == ""
    (attached,) = box.letters[0].iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_filename() == "report-2026-11-02.pdf"
    assert attached.get_content().startswith(b"%PDF-")
    assert "The PDF holds the whole report" in part(box.letters[0], "plain")


def test_a_pdf_that_cannot_be_printed_is_told_and_the_rest_is_sent(
    folder: Path, box: MailBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BROWSER, "/nowhere/chromium")
    file = folder / "candor.toml"
    file.write_text(file.read_text().replace('format = "html"', 'format = "both"'))
    done = candor(folder, "mail", "--now", NOW.isoformat())
    assert done.returncode == 1
    assert "the PDF is not attached" in " ".join(done.stdout.split())
    assert "the PDF is not attached" in " ".join(part(box.letters[0], "plain").split())
    file.write_text(file.read_text().replace('format = "both"', 'format = "pdf"'))
    refused = candor(folder, "mail", "--now", NOW.isoformat())
    assert (refused.returncode, len(box.letters)) == (1, 1)
    assert "apt install chromium" in " ".join(refused.stderr.split())


def test_a_dry_run_sends_nothing_and_needs_no_server(folder: Path) -> None:
    done = candor(folder, "mail", "--dry-run", "--now", NOW.isoformat())
    assert done.returncode == 0, done.stderr
    assert "To: ann@tessaro.example, bob@tessaro.example" in done.stdout
    assert "WHAT TO IMPROVE" in done.stdout


def test_what_is_private_is_not_mailed_unless_it_is_asked_for(folder: Path, box: MailBox) -> None:
    with EmbeddedStore(folder / "store", write=True) as store:
        store.write([replace(one, private=True, last_seen_at=NOW) for one in seeded.mentions()])
        store.refresh()
    refused = candor(folder, "mail", "--now", NOW.isoformat())
    assert refused.returncode == 1
    assert box.letters == []
    file = folder / "candor.toml"
    file.write_text(f"{file.read_text()}private = true\n")
    assert sent(folder)[0]["sent"]


def test_a_report_that_is_due_is_sent_once_by_many_who_look(folder: Path, box: MailBox) -> None:
    config = load(folder / "candor.toml")
    with EmbeddedStore(folder / "store") as store, ThreadPoolExecutor(4) as many:
        passes = [many.submit(lambda: list(send_due(config, store, now=NOW))) for _ in range(4)]
        told = [one for made in passes for one in made.result()]
        assert [one.sent for one in told] == [True]
        assert list(send_due(config, store, now=NOW + timedelta(days=6, hours=23))) == []
        mail_safely(config, now=NOW)
        assert len(box.letters) == 1
        assert [one.people for one in send_due(config, store, now=NOW + timedelta(days=7))] == [2]
        first, second = MAILINGS.values(store.records)
    assert (first.due, first.state, first.people, second.due) == (date(2026, 11, 2), "sent", 2, date(2026, 11, 9))
    assert len({letter["Message-ID"] for letter in box.letters}) == 2
    assert "tessaro.example" not in str(first)


def test_a_try_that_failed_is_made_again_and_tells_why(folder: Path, box: MailBox) -> None:
    config = load(folder / "candor.toml")
    box.answer = "451 4.3.0 try later"
    with EmbeddedStore(folder / "store") as store:
        (told,) = send_due(config, store, now=NOW)
        assert (told.sent, "451 4.3.0 try later" in told.problem) == (False, True)
        assert list(send_due(config, store, now=NOW + timedelta(minutes=1))) == []
        box.answer = "250 OK"
        (told,) = send_due(config, store, now=NOW + timedelta(minutes=3))
        assert told.sent
        (held,) = MAILINGS.values(store.records)
    assert (held.state, held.attempts) == ("sent", 2)


def test_a_sender_that_died_is_followed_when_its_lease_is_over(folder: Path, box: MailBox) -> None:
    config = load(folder / "candor.toml")
    (report,) = config.reports
    with EmbeddedStore(folder / "store") as store:
        MAILINGS.put(store.records, due.leased(report, None, now=NOW, holder="gone:1"), if_version=0)
        assert list(send_due(config, store, now=NOW + timedelta(minutes=14))) == []
        (told,) = send_due(config, store, now=NOW + timedelta(minutes=16))
        assert told.sent


def test_a_watch_mails_and_survives_whatever_goes_wrong(
    folder: Path, box: MailBox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    config = load(folder / "candor.toml")
    monkeypatch.delenv(VARIABLE)
    with caplog.at_level("INFO"):
        mail_safely(config, now=NOW)
    assert [record.message for record in caplog.records] == ["mail: not as it should be"]
    assert box.letters == []
    monkeypatch.setenv(VARIABLE, f"smtp+plain://127.0.0.1:{box.port}")
    mail_safely(config, now=NOW + timedelta(minutes=5))
    assert len(box.letters) == 1


@pytest.mark.parametrize(
    ("every", "now", "is_due"),
    [
        ("weekly", "2026-11-02T06:59+00:00", False),
        ("weekly", "2026-11-02T07:00+00:00", True),
        ("weekly", "2026-11-03T18:00+00:00", True),
        ("weekly", "2026-11-04T12:00+00:00", False),
        ("daily", "2026-11-04T07:30+00:00", True),
    ],
)
def test_when_a_report_is_due(every: Any, now: str, is_due: bool) -> None:
    report = MailedReportSection(id="r", to=("a@b.example",), every=every, timezone="Europe/Berlin")
    assert due.may_try(report, None, datetime.fromisoformat(now)) == is_due


def test_the_hour_is_that_of_the_zone_on_both_sides_of_a_change_of_clocks() -> None:
    report = MailedReportSection(id="r", to=("a@b.example",), timezone="Europe/Berlin")
    summer, winter = datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 10, 27, tzinfo=UTC)
    assert [due.due_at(report, now).hour for now in (summer, winter)] == [6, 7]


def test_a_mailing_is_given_up_after_a_day() -> None:
    begun = Mailing(report="r", due=date(2026, 11, 2), state="leased", since=NOW, attempts=3)
    waits = due.failed(begun, now=NOW + timedelta(hours=1), cause="x")
    assert (waits.state, waits.until) == ("waiting", NOW + timedelta(hours=1, minutes=8))
    assert due.failed(begun, now=NOW + timedelta(hours=25), cause="x").state == "given up"


@pytest.mark.parametrize("tls", ["starttls", "always"])
def test_a_login_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: str) -> None:
    certificate = self_signed(tmp_path)
    secret = tmp_path / "secret"
    secret.write_text("right horse\n")
    scheme = {"starttls": "smtp", "always": "smtps"}[tls]
    with mail_server(MailBox(password="right horse"), certificate=certificate, tls=tls) as box:
        address = f"{scheme}://robot%40tessaro.example@127.0.0.1:{box.port}"
        given = {VARIABLE: address, f"{PASSWORD}_FILE": str(secret), SENDER: "candor@tessaro.example"}
        letter = EmailMessage()
        letter["To"] = "ann@tessaro.example"
        with pytest.raises(MailError, match="its certificate is not trusted"):
            office_of(given).send(letter)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert office_of(given).send(letter) == {}
        assert box.logins == [("robot@tessaro.example", "right horse")]
        wrong = office_of({**given, f"{PASSWORD}_FILE": "", PASSWORD: "wrong"})
        with pytest.raises(MailError, match=r"refused the login of robot@tessaro\.example") as refused:
            wrong.send(letter)
        assert "wrong" not in str(refused.value).replace("wrong address", "")


def test_refusals_of_a_server_are_told_with_the_cure(folder: Path, box: MailBox) -> None:
    box.unknown = ("bob@tessaro.example",)
    done = candor(folder, "mail", "--now", NOW.isoformat())
    assert done.returncode == 1
    assert "sent to 1 person" in done.stdout
    assert "bob@tessaro.example was refused (550 5.1.1 no such user)" in " ".join(done.stdout.split())
    box.unknown = ("bob@tessaro.example", "ann@tessaro.example")
    done = candor(folder, "mail", "--now", NOW.isoformat())
    assert done.returncode == 1
    assert "refused everybody" in done.stderr


def test_a_server_that_is_not_there_is_told(folder: Path, box: MailBox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "smtp+plain://no-such-host.invalid:25")
    assert "there is no host of that name" in candor(folder, "mail", "--now", NOW.isoformat()).stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv(VARIABLE, f"smtp+plain://127.0.0.1:{port}")
    assert "cannot be reached" in candor(folder, "mail", "--now", NOW.isoformat()).stderr
    monkeypatch.setenv(VARIABLE, f"smtp://127.0.0.1:{box.port}")
    assert "offers neither STARTTLS" in candor(folder, "mail", "--now", NOW.isoformat()).stderr


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({}, "CANDOR_SMTP: is not set"),
        ({VARIABLE: "mail.example"}, "is no address of a mail server"),
        ({VARIABLE: "http://mail.example"}, "is no address of a mail server"),
        ({VARIABLE: "smtp://mail.example:port"}, "its port is no number"),
        ({VARIABLE: "smtp://ann@mail.example"}, "CANDOR_SMTP_PASSWORD: is not set"),
        ({VARIABLE: "smtp+plain://ann:pw@mail.example"}, "would send a password unencrypted"),
        ({VARIABLE: "smtp://mail.example", SENDER: "nobody"}, "CANDOR_MAIL_FROM: 'nobody' is no mail address"),
        ({f"{VARIABLE}_FILE": "/nowhere"}, "CANDOR_SMTP_FILE: /nowhere cannot be read"),
    ],
)
def test_what_is_wrong_in_the_environment_is_told(given: dict[str, str], part: str) -> None:
    with pytest.raises(Exception, match=re.escape(part)) as wrong:
        office_of({SENDER: "candor@tessaro.example", **given})
    assert "pw" not in str(wrong.value)


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ('to = ["ann"]', "'ann' is no mail address"),
        ('to = ["ann@x.example\\r\\nBcc: b@x.example"]', "is no mail address"),
        ("to = []", "reports[1].to"),
        ('to = ["a@b.example"]\nevery = "hourly"', "is not one of daily, weekly"),
        ('to = ["a@b.example"]\ntimezone = "Mars"', "is not a time zone"),
        ('to = ["a@b.example"]\nbrands = ["nobody"]', "'nobody' is no brand"),
        ('to = ["a@b.example"]\nwhen = "now"', "unknown key"),
    ],
)
def test_mistakes_in_the_configuration_name_their_line(tmp_path: Path, line: str, part: str) -> None:
    (tmp_path / "candor.toml").write_text(f"{CONFIG}\n[[reports]]\n{line}\n")
    done = candor(tmp_path, "mail")
    assert done.returncode == 2
    assert part in " ".join(done.stderr.split())
    assert "candor.toml:" in done.stderr


def test_without_a_report_it_says_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text(CONFIG)
    done = candor(tmp_path, "mail")
    assert done.returncode == 2
    assert "no [[reports]]" in " ".join(done.stderr.split())


def checked(**environ: str) -> tuple[str, str]:
    """Return what ``candor doctor`` says of the mail server."""
    reports = (MailedReportSection(id="weekly", to=("ann@tessaro.example",)),)
    config = Config(path=None, state=Path(), store="", brands=(), sources=(), reports=reports)
    ((part, state, words),) = outside_lines(config, {SENDER: "candor@tessaro.example", **environ}, offline=False)
    assert part == "mail"
    return state, words


def test_doctor_says_whether_the_mail_server_takes_us() -> None:
    with mail_server(MailBox(password="right")) as served:
        place = f"smtp+plain://ann@127.0.0.1:{served.port}"
        state, words = checked(**{VARIABLE: place, PASSWORD: "right"})
        assert state == "ok", words
        assert words.endswith("takes the login of ann and the sender candor@tessaro.example")
        assert served.letters == [], "nothing is sent"
        state, words = checked(**{VARIABLE: place, PASSWORD: "wrong"})
        assert state == "bad"
        assert "refused the login of ann" in words
        assert "wrong" not in words
        state, words = checked(**{VARIABLE: place})
        assert (state, words.partition(",")[0]) == ("bad", f"{PASSWORD}: is not set")
    state, words = checked(**{VARIABLE: place, PASSWORD: "right"})
    assert state == "bad"
    assert "cannot be reached" in words
    assert checked()[1].startswith(f"{VARIABLE}: is not set")
    with mail_server(MailBox(barred=("candor@tessaro.example",))) as served:
        state, words = checked(**{VARIABLE: f"smtp+plain://127.0.0.1:{served.port}"})
        assert state == "bad"
        assert "refused the sender candor@tessaro.example (553" in words


def test_private_words_stay_out_of_a_mail_and_its_figures(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = [one for one in seeded.mentions() if "battery" in one.complaint_topics and one.brand.id == "tessaro"]
    words: dict[str, Any] = {"quote": "The zebrafinch is dead", "text": "The zebrafinch is dead", "title": "zebrafinch"}
    with EmbeddedStore(folder / "store", write=True) as store:
        store.write([replace(one, private=True, claims=(), last_seen_at=NOW, **words) for one in ours])
        store.refresh()
    papers: list[str] = []

    def printed(page: str) -> bytes:
        papers.append(page)
        return b"%PDF-"

    monkeypatch.setattr("candor.paper.printing.printed", printed)
    config = load(folder / "candor.toml")
    with EmbeddedStore(folder / "store") as store:
        for private in (False, True):
            asked = config.reports[0].model_copy(update={"private": private, "format": "both"})
            mail, missing = written(config, store, asked, sender="candor@tessaro.example", now=NOW, key="k")
            assert missing == ""
            for text in (part(mail, "plain"), part(mail, "html"), papers[-1]):
                assert ("zebrafinch" in text) == private
                assert "Customer support" in text
            assert ("Battery life" in part(mail, "plain")) == private
