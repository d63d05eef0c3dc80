"""Reading the written sentences: a line is a text with its brands marked, ``::``, and what holds of it.

The form is described in ``training/README.md``. ``python -m training.written`` counts what there is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
POLARITIES = {"-": "negative", "0": "neutral", "+": "positive", "~": "mixed"}
INTENTS = {"c": "complaint", "p": "praise", "w": "wish", "q": "question", "a": "advice"}
HEAD = ("lang", "industry", "voice", "kind")
_MARK = re.compile(r"\{([^{}|]+)\|([-0+~])\}")
_TITLE = re.compile(r"\[\[(.*?)\]\]\s*")
_BETWEEN_CODES = re.compile(r";\s*(?=[cpwqa](?:=|;|\s*$)|sev=|cmp=|sw=|mv=|rel=|top=|pair=|none|text)")
_CODE = re.compile(
    r'(?P<intent>[cpwqa])(?:="(?P<words>.*)")?'
    r'|sev=(?P<severity>safety|data_loss|money|cannot_use|annoyance)(?:"(?P<harm>.*)")?'
    r"|cmp=(?P<comparison>BETTER|WORSE)"
    r"|sw=(?P<origin>[^>]+)>(?P<target>[^:]+):(?P<status>done|considered):(?P<reason>.*)"
    r"|mv=(?P<move>launch|price|outage|recall|incident|acquisition|layoffs|partnership|end_of_product|terms)@(?P<actor>.+)"
    r"|rel=(?P<relevance>passing|list|not|about)"
    r"|top=(?P<topic>\w+)"
    r"|pair=(?P<pair>\d+)"
    r"|none|text"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedBrand:
    """A brand as it stands in the text, and the author's judgement; an empty place where only the title has it."""

    name: str
    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSentence:
    """One line: its text and title, its brands, and every code that holds: name, value and the words it rests on."""

    where: str
    lang: str
    industry: str
    voice: str
    kind: str
    title: str
    text: str
    brands: tuple[MarkedBrand, ...]
    codes: tuple[tuple[str, str, str], ...]


def sentences(folder: str) -> Iterator[WrittenSentence]:
    """Yield what ``sentences`` (to learn from) or ``apart`` (to test on) holds. Raises ``ValueError`` with the line."""
    for path in sorted((HERE / folder).glob("*.txt")):
        head: dict[str, str] = {}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.startswith("#"):
                head = dict(part.split("=", 1) for part in line[1:].split() if "=" in part)
            elif line.strip():
                yield _sentence(line, head, f"{path.name}:{number}")


def _sentence(line: str, head: dict[str, str], where: str) -> WrittenSentence:
    marked, sign, codes = line.rpartition(" :: ")
    if not sign or not all(head.get(name) for name in HEAD):
        raise ValueError(f"{where}: a text, ' :: ' and codes are needed, below a line with {', '.join(HEAD)}")
    match = _TITLE.match(marked)
    title, body = (match[1], marked[match.end() :]) if match else ("", marked)
    text, brands = _unmarked(body)
    if not brands:
        brands = tuple(
            MarkedBrand(name=name, start=0, end=0, label=POLARITIES[sign]) for name, sign in _MARK.findall(title)
        )
    holding = tuple(_code(code, where) for code in map(str.strip, _BETWEEN_CODES.split(codes)) if code.strip(" ;"))
    if not brands and "text" not in codes.replace(";", " ").split():
        raise ValueError(f"{where}: no brand is marked")
    plain = _MARK.sub(r"\1", title)
    for name, value, words in holding:
        if words and words not in text:
            raise ValueError(f"{where}: {name}={value} rests on {words!r}, which the text does not say")
    return WrittenSentence(
        where=where, title=plain, text=text, brands=brands, codes=holding, **{name: head[name] for name in HEAD}
    )


def _unmarked(body: str) -> tuple[str, tuple[MarkedBrand, ...]]:
    text, at, brands = "", 0, []
    for match in _MARK.finditer(body):
        text += body[at : match.start()]
        start = len(text)
        text, at = text + match[1], match.end()
        brands.append(MarkedBrand(name=match[1], start=start, end=len(text), label=POLARITIES[match[2]]))
    return text + body[at:], tuple(brands)


def _code(code: str, where: str) -> tuple[str, str, str]:
    match = _CODE.fullmatch(code.rstrip("; "))
    if match is None:
        raise ValueError(f"{where}: {code!r} is no code")
    if match["intent"]:
        return "intent", INTENTS[match["intent"]], match["words"] or ""
    if match["origin"]:
        return "switching", f"{match['origin']}>{match['target']}:{match['status']}:{match['reason']}", ""
    if match["move"]:
        return "move", f"{match['move']}@{match['actor']}", ""
    if match["severity"]:
        return "severity", match["severity"], match["harm"] or ""
    for name in ("comparison", "relevance", "topic", "pair"):
        if match[name]:
            return name, match[name], ""
    return "none", "", ""


def main() -> None:
    """Print how many sentences there are, by language and kind."""
    for folder in ("sentences", "apart"):
        every = list(sentences(folder))
        labels = Counter(brand.label for sentence in every for brand in sentence.brands)
        print(f"{folder}: {len(every)} sentences, {dict(labels.most_common())}")
        print(f"  by language: {dict(Counter(sentence.lang for sentence in every).most_common())}")
        print(f"  by kind: {dict(Counter(sentence.kind for sentence in every).most_common())}")


if __name__ == "__main__":
    main()
