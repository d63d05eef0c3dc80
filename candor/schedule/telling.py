"""The pass of measure, judge and deliver, as ``candor run --alerts`` and ``candor watch`` make it."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from datetime import datetime

from analysis.model.errors import CandorError
from analysis.settings.file import Config
from analysis.store.base import Store
from analysis.store.open import open_store
from candor.schedule.logs import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a pass did: alerts that opened or ended, messages sent, and in words what could not be sent."""

    changed: int = 0
    sent: int = 0
    problem: str = ""
    took_s: float = 0.0


def tell(config: Config, store: Store, *, now: datetime) -> Told:
    """Make one pass over ``store``. Raises ``CandorError`` where it cannot be made at all."""
    from candor.alert_pass import alert_pass, problems

    made = alert_pass(config, store, now=now)
    return Told(
        changed=sum(change in ("opened", "ended") for change, _ in made.alerts),
        sent=sum(delivery.state == "sent" for delivery in made.deliveries),
        problem=problems(config, made.deliveries),
    )


def mail_safely(config: Config, *, now: datetime) -> None:
    """Send the reports that are due by e-mail and log what became of them; never raise: the next minute tries again."""
    if not config.reports:
        return
    from candor.mail.passes import send_due

    try:
        with open_store(config.store) as store:
            for one in send_due(config, store, now=now):
                if one.sent:
                    say("report mailed", report=one.report, people=one.people)
                if one.problem:
                    say("mail: not as it should be", level=logging.WARNING, report=one.report, problem=one.problem)
    except CandorError as error:
        say("mail: the reports could not be looked at", level=logging.WARNING, problem=str(error))
    except Exception as error:
        # The edge of the stage: a mistake in a mail must not end the crawls.
        logging.getLogger(__name__).exception("the mailing broke")
        say("mail: broke", level=logging.ERROR, problem=f"{type(error).__name__}: {error}")


def tell_safely(config: Config, *, now: datetime) -> Told:
    """Open the store, make one pass and log it; never raise: the next pass tries again what this one could not."""
    began = time.monotonic()
    try:
        with open_store(config.store) as store:
            outcome = tell(config, store, now=now)
    except CandorError as error:
        outcome = Told(problem=str(error))
    except Exception as error:
        # The edge of the stage: a mistake in judging must not end the crawls. Logged here with its trace; counted by
        # the watcher, whose health check fails after three in a row.
        logging.getLogger(__name__).exception("the alert pass broke")
        outcome = Told(problem=f"{type(error).__name__}: {error}")
    outcome = replace(outcome, took_s=round(time.monotonic() - began, 1))
    if outcome.problem:
        say("alerts: not everything could be told", level=logging.WARNING, problem=outcome.problem)
    if outcome.changed or outcome.sent:
        say("alerts told", changed=outcome.changed, sent=outcome.sent, took_s=outcome.took_s)
    return outcome
