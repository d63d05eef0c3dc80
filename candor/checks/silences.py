"""What a silence may name: a label that alerts have, with a value that could ever come."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from analysis.model.errors import UsageError

if TYPE_CHECKING:
    from analysis.alert.model import Alert
    from analysis.settings.file import Config

# Labels whose values cannot be known beforehand: a site, a story or a view may come tomorrow.
OPEN = ("site", "story", "harm", "move", "fix", "verdict", "view")


def checked(match: Mapping[str, str], alerts: Iterable[Alert], config: Config) -> None:
    """Return where every label and value of a silence is known. Raises ``UsageError`` with the nearest ones if not.

    A silence that can match nothing would let through what somebody believes to be silent.
    """
    known = _known(list(alerts), config)
    for name, value in match.items():
        if name not in known:
            raise UsageError(f"{name!r} is no label of alerts; {_near(name, known)}", about=("match",))
        if name not in OPEN and value not in known[name]:
            raise UsageError(f"{name}={value} matches nothing known; {_near(value, known[name])}", about=("match",))


def _known(alerts: Collection[Alert], config: Config) -> Mapping[str, set[str]]:
    from analysis.alert.model import SEVERITIES
    from analysis.alert.rules import RULES
    from analysis.enrich.taxonomy import taxonomy_of

    known: dict[str, set[str]] = {
        "id": {alert.id for alert in alerts},
        "rule": {rule.id for rule in RULES},
        "severity": set(SEVERITIES),
        "brand": {brand.id for brand in config.brands},
        "source": {source.id for source in config.sources},
        "theme": set(taxonomy_of(config).topics),
        "watch": {watch.id for watch in config.alerts.keywords},
        **{name: set() for name in OPEN},
    }
    for alert in alerts:
        for name, value in alert.labels.items():
            known.setdefault(name, set()).add(value)
    return known


def _near(given: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(given, sorted(known), n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(sorted(known)) or 'none'}"
