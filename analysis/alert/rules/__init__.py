"""The rules, in the order in which ``candor rules`` lists them: what harms people first, the machinery last.

A new rule is one file with a ``RULE`` and one line here.
"""

from __future__ import annotations

from analysis.alert.model import Rule
from analysis.alert.rules import (
    competitor_move,
    crawl_overdue,
    dead_letters,
    emerging_complaint,
    first_mention,
    fix_verdict,
    gone_quiet,
    keyword,
    negative_shift,
    rating_drop,
    saved_view,
    severe_complaint,
    source_failing,
    switching_surge,
    volume_spike,
)

RULES: tuple[Rule, ...] = (
    severe_complaint.RULE,
    emerging_complaint.RULE,
    negative_shift.RULE,
    volume_spike.RULE,
    rating_drop.RULE,
    switching_surge.RULE,
    gone_quiet.RULE,
    competitor_move.RULE,
    fix_verdict.RULE,
    keyword.RULE,
    saved_view.RULE,
    first_mention.RULE,
    source_failing.RULE,
    crawl_overdue.RULE,
    dead_letters.RULE,
)
