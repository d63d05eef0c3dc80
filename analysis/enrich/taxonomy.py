"""The taxonomy: what people talk about, in Kotler's customer-value frame and along the customer's journey.

Frame: Kotler and Keller, "Marketing Management": total customer benefit (product, services, personnel, image) against
total customer cost (monetary, time, energy, psychological), here called money, time, effort and worry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.enrich.data_files import load, load_file
from analysis.model import COST_DIMENSIONS, JOURNEY_STAGES, VALUE_DIMENSIONS
from analysis.model.errors import ConfigError

if TYPE_CHECKING:
    from analysis.settings.file import Config
    from analysis.settings.tables import TopicSection

GENERAL = "general"  # the topic of a key phrase whose clause names none
EVERYDAY = "everyday"  # wordings of another language that hold a topic's word and name none
OTHER_LANGUAGES = ("de", "es", "fr", "it", "nl", "pl", "pt")  # each a data file, topics_de.yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic: how it is found, how a key phrase calls it, and where it stands in the customer-value frame.

    Where a text names one of the topics in ``yields``, the words of this one are theirs. By its ``examples`` it is also
    found in sentences that say the like in other words.
    """

    id: str
    name: str
    noun: str
    value: str
    cost: tuple[str, ...]
    journey: str
    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    yields: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The value dimension, then the cost dimensions."""
        return (self.value, *self.cost)


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """All topics by id, in the file's order, and the everyday wordings that hold a topic's word and name none.

    ``abroad`` are the wordings of other languages (``find.stems``): by language, then by topic or ``EVERYDAY``.
    """

    topics: Mapping[str, Topic]
    version: str
    everyday: tuple[str, ...] = ()
    abroad: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def dimensions(self, topics: Sequence[str]) -> tuple[str, ...]:
        """Return the dimensions that these topics touch, in the frame's order."""
        touched = {part for topic in topics if topic in self.topics for part in self.topics[topic].dimensions}
        return tuple(part for part in (*VALUE_DIMENSIONS, *COST_DIMENSIONS) if part in touched)

    def journey(self, topics: Sequence[str]) -> tuple[str, ...]:
        """Return the stages of the journey that these topics belong to, in order."""
        stages = {self.topics[topic].journey for topic in topics if topic in self.topics}
        return tuple(stage for stage in JOURNEY_STAGES if stage in stages)


def load_taxonomy(path: Path | None = None, own: Sequence[TopicSection] = ()) -> Taxonomy:
    """Return the taxonomy of ``path``, or the shipped one, and behind it the topics of the configuration, ``own``.

    Raises ``ConfigError`` with every problem found.
    """
    where = str(path) if path else "analysis/enrich/data/taxonomy.yaml"
    raw = load_file(path) if path else load("taxonomy")
    problems: list[str] = []
    topics: dict[str, Topic] = {}
    for entry in raw.get("topics") or []:
        topic = _topic(entry, where, problems)
        if topic.id in topics:
            problems.append(f"{where}: topic {topic.id!r} occurs twice; give each its own id")
        topics[topic.id] = topic
    for section in own:
        if section.key in topics:
            problems.append(
                f"[[topics]] {section.name!r}: the taxonomy has {section.key!r} already; give it another id"
            )
        topics[section.key] = _told(section)
    told = (
        raw.get("languages") or {} if path else {language: load(f"topics_{language}") for language in OTHER_LANGUAGES}
    )
    abroad = _abroad(told, topics, where, problems)
    if not topics:
        problems.append(f"{where}: no topics; list them under 'topics:'")
    if problems:
        raise ConfigError(problems)
    return Taxonomy(topics, str(raw.get("version", 1)), tuple(map(str, raw.get("everyday") or ())), abroad)


def taxonomy_of(config: Config) -> Taxonomy:
    """Return all topics of a configuration: those of its file, or the shipped ones, and its own."""
    return load_taxonomy(config.taxonomy, config.topics)


def _abroad(told: Any, topics: Mapping[str, Topic], where: str, problems: list[str]) -> Mapping[str, Mapping[str, str]]:
    """Return the wordings of other languages, after adding what is wrong with them to ``problems``."""
    abroad: dict[str, dict[str, str]] = {}
    for language, wordings in told.items() if isinstance(told, dict) else ():
        if not isinstance(wordings, dict):
            problems.append(f"{where}: languages: {language}: give topics with wordings, such as 'battery: akku*'")
            continue
        unknown = [str(topic) for topic in wordings if topic not in topics and topic != EVERYDAY]
        problems += [f"{where}: languages: {language}: no topic {topic!r} is listed under topics" for topic in unknown]
        abroad[str(language)] = {str(topic): str(said) for topic, said in wordings.items()}
    return abroad


def _told(section: TopicSection) -> Topic:
    return Topic(
        id=section.key,
        name=section.name,
        noun=section.name.lower(),
        value=section.value,
        cost=section.cost,
        journey=section.journey,
        examples=section.examples,
    )


def _topic(entry: Any, where: str, problems: list[str]) -> Topic:
    entry = entry if isinstance(entry, dict) else {}
    known = str(entry.get("id", "?"))
    for key, values in (("value", VALUE_DIMENSIONS), ("journey", JOURNEY_STAGES)):
        if entry.get(key) not in values:
            problems.append(f"{where}: topic {known}: {key} is {entry.get(key)!r}; use one of {', '.join(values)}")
    cost = tuple(entry.get("cost") or ())
    allowed = ", ".join(COST_DIMENSIONS)
    problems += [f"{where}: topic {known}: cost {x!r}; use some of {allowed}" for x in cost if x not in COST_DIMENSIONS]
    words, phrases = tuple(str(entry.get("words") or "").split()), tuple(map(str, entry.get("phrases") or ()))
    examples = tuple(map(str, entry.get("examples") or ()))
    if known == "?" or not (words or phrases or examples):
        problems.append(f"{where}: topic {known}: an id and some words or phrases are needed, or examples")
    return Topic(
        id=known,
        name=str(entry.get("name", known)),
        noun=str(entry.get("noun", known)),
        value=str(entry.get("value", "")),
        cost=cost,
        journey=str(entry.get("journey", "")),
        words=words,
        phrases=phrases,
        yields=tuple(map(str, entry.get("yields") or ())),
        examples=examples,
    )
