"""What stands in an issue: numbers and the words of posts, plain in every tracker.

Strangers' words are made as dead as in a chat (``analysis.alert.defuse``): they call nobody, close nothing, link to no
other issue and hold no markup. Only addresses of posts are links.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from analysis.alert.defuse import dead, shown_link
from analysis.model import Mention
from analysis.report import words
from analysis.report.contents import modules
from analysis.track.parts import Quote
from analysis.track.results import Measures
from analysis.track.sections.themes import Theme

QUOTES = 3
_QUOTE = 400
_TITLE = 150


def theme_title(theme: Theme) -> str:
    """Return the title of an issue about a theme."""
    changed = theme.change.direction
    told = f", {changed}" if changed in ("rising", "falling") else ""
    return dead(f"{theme.name}: {words.of(theme.count, theme.mentions)} complain{told}", _TITLE)


def theme_body(report: Measures, theme: Theme, key: str) -> str:
    """Return the text of an issue about a theme."""
    say = modules()["themes"]
    rows = [
        f"Period: {words.period_line(report)}",
        f"How many: {say.theme_count(theme)}",
        f"Trend: {say.change(theme.change, compared=report.compared is not None)}",
        f"Market: {dead(say.theme_market(theme), 300)}",
    ]
    rows += [f"Versions: {dead(say.theme_versions(theme), 300)}"] if theme.versions else []
    phrases = ", ".join(f"{one.name} {one.count}" for one in theme.phrases)
    rows += [f"What is wrong: {dead(phrases, 300)}"] if phrases else []
    rows += [f"Kind: {say.theme_kind(theme)}"] if say.theme_kind(theme) else []
    return _body(rows, public(theme.quotes), key)


def mention_title(mention: Mention, topic: str) -> str:
    """Return the title of an issue about one mention."""
    kind = "Complaint" if "complaint" in mention.intents else "Post"
    about = f" about {topic}" if topic else ""
    return dead(f"{kind}{about}: {mention.quote or mention.title or mention.text}", 100)


def mention_body(mention: Mention, quote: Quote, key: str) -> str:
    """Return the text of an issue about one mention."""
    rows = [f"Published: {words.day(mention.published_at)}"]
    rows += [f"Version: {dead(mention.product_version, 40)}"] if mention.product_version else []
    rows += [f"Harm: {mention.severity.level.replace('_', ' ')}"] if mention.severity.level else []
    return _body(rows, [quote], key)


def public(quotes: Sequence[Quote]) -> list[Quote]:
    """Return those quotes that may leave the house."""
    return [quote for quote in quotes if not quote.private][:QUOTES]


def _told(link: str) -> str:
    """Return a link; one to another tracker as code, because a bare one would be noted there as a reference."""
    return f"`{link}`" if (urlsplit(link).hostname or "").endswith(("github.com", "gitlab.com")) else link


def _body(rows: Sequence[str], quotes: Sequence[Quote], key: str) -> str:
    lines = [f"- {row}" for row in rows]
    for quote in quotes:
        link, place = shown_link(quote.url), dead(quote.domain or quote.source, 60)
        lines += ["", f"> {dead(quote.text, _QUOTE)}", "", f"{_told(link) or place}, {words.day(quote.published_at)}"]
    return "\n".join([*lines, "", f"Quotes are words of strangers. Sent by a person with Candor ({key})."])
