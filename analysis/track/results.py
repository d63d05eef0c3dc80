"""What is measured, as one frozen value. The terminal, the page and the JSON all show ``Measures`` and nothing else.

Each section's own results stand in ``analysis.track.sections``. Rates and shares are fractions (0 to 1). Every interval
is a 95% interval. Times are UTC; a period is [since, until). ``None`` stands for "not known", never for zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from analysis.track.parts import BrandName, Condition, Evidence, Period, Quote, Topicless
from analysis.track.sections.caveats import Caveat
from analysis.track.sections.contrasts import Contrast
from analysis.track.sections.emerging import EmergingSeries, StoppedSeries, TestedSeries
from analysis.track.sections.fixes import FixResult
from analysis.track.sections.hands import Hands
from analysis.track.sections.moves import Move
from analysis.track.sections.praise import Praise
from analysis.track.sections.reputation import Reputation
from analysis.track.sections.response import ResponseTime
from analysis.track.sections.sources import SourceHealth
from analysis.track.sections.switching import Flow, NetFlow
from analysis.track.sections.themes import Theme
from analysis.track.sections.voice import Voice
from analysis.track.sections.wishes import Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Everything that the report shows. ``themes`` is page one: at most five, worst first.

    ``moved`` says that nobody chose the period: the last days hold next to nothing, so it is where the mentions are.
    ``call`` are the words that every command shown needs. ``left_out_mentions`` is how many mentions of the period the
    exclusions in force hide, ``beside`` how many more no figure counts because they say nothing of a brand (lists,
    addresses, other things of its name). ``posts`` are those named first under each number, so that a reader of this
    one file can open them.
    """

    made_at: datetime
    engine: str
    period: Period
    moved: bool
    call: tuple[str, ...]
    compared: Period | None
    brands: tuple[BrandName, ...]
    filters: tuple[Condition, ...]
    left_out: tuple[Condition, ...]
    words: str
    left_out_mentions: int
    beside: int
    mentions: int
    stories: int
    mentions_ever: int
    newest: datetime | None
    error_rate: float
    ranked_by: Literal["harm", "count"]
    themes: tuple[Theme, ...]
    other_themes: tuple[Theme, ...]
    topicless_complaints: tuple[Topicless, ...]
    emerging: tuple[EmergingSeries, ...]
    series_tested: int
    series: tuple[TestedSeries, ...]
    stopped: tuple[StoppedSeries, ...]
    stopped_tested: int
    fixes: tuple[FixResult, ...]
    moves: tuple[Move, ...]
    switching: tuple[Flow, ...]
    net_flows: tuple[NetFlow, ...]
    contrasts: tuple[Contrast, ...]
    reputation: tuple[Reputation, ...]
    voice: tuple[Voice, ...]
    praise: tuple[Praise, ...]
    topicless_praise: tuple[Topicless, ...]
    wishes: tuple[Wish, ...]
    response: tuple[ResponseTime, ...]
    sources: tuple[SourceHealth, ...]
    caveats: tuple[Caveat, ...]
    hands: Hands
    evidence: Evidence
    posts: tuple[Quote, ...]
