"""``candor learn``: a small layer on the shipped judges, fitted to people's answers, kept only where it helps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.model.errors import UsageError
from candor.options import AsJson, ConfigPath, StoreAddress, config_of, opened, write_json
from candor.signing import WhoOption, stamp

if TYPE_CHECKING:
    from analysis.enrich.learnt.refit import OnHeldBack, Refit
    from analysis.settings.file import Config
    from analysis.store.base import Store


def learn(
    check: Annotated[bool, typer.Option("--check", help="Only say what would be learnt; nothing is kept.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Go back to the shipped judges.")] = False,
    by: WhoOption = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Learn from the answers of candor label and candor correct. What does not help is refused, task by task.

    Each answer is held back once and judged by what was learnt from the others. New mentions are judged with what was
    learnt, stored ones by candor rejudge. Exits 1 where nothing was learnt.

    Examples:

      candor learn --check

      candor learn && candor rejudge

      candor learn --forget
    """
    if check and forget:
        raise UsageError("--check, --forget: choose one")
    settings = config_of(config, store)
    with opened(settings) as target:
        if forget:
            _forget(target, by, as_json=as_json)
            return
        target.refresh()
        found = _learnt(settings, target)
        in_use = _keep(target, found, by) if found.layer.tasks and not check else _in_use(target)
    if as_json:
        write_json([_row(found, in_use, kept=bool(found.layer.tasks) and not check)])
    else:
        _tell(found, in_use, check=check)
    if not found.layer.tasks and not check:
        raise typer.Exit(1)


def _learnt(settings: Config, target: Store) -> Refit:
    from analysis.enrich.learnt.refit import refit
    from analysis.ingest.learning import others, taught
    from candor.options import enricher_of

    if settings.enrich.model != "encoder":
        raise UsageError(
            f"enrich.model is {settings.enrich.model!r}; only what the network reads can be learnt: "
            'set model = "encoder" under [enrich]'
        )
    return refit(taught(target), lambda layer: enricher_of(settings, layer=layer), others=others(target))


def _keep(target: Store, found: Refit, by: str) -> str:
    from analysis.ledger.learning import learnt

    layer = found.layer
    kept = learnt.keep(
        target.records,
        layer=layer.written().decode(),
        named=layer.hash,
        made_for=layer.made_for,
        answers=found.answers,
        tested={tested.task: _figures(tested) for tested in found.tested},
        stamp=stamp(by),
    )
    return kept.hash


def _in_use(target: Store) -> str:
    from analysis.ledger.learning import learnt

    kept = learnt.current(target.records)
    return kept.hash if kept else ""


def _forget(target: Store, by: str, *, as_json: bool) -> None:
    from analysis.ledger.learning import learnt
    from candor.streams import say

    gone = learnt.forget(target.records, stamp=stamp(by))
    if as_json:
        write_json([{"forgotten": gone.hash}])
    say(f"The layer {gone.hash} is forgotten; your answers stay. candor rejudge judges stored mentions without it.")


def _row(found: Refit, in_use: str, *, kept: bool) -> dict[str, Any]:
    return {
        "kept": kept,
        "layer": in_use or None,
        "made_for": found.layer.made_for,
        "answers": found.answers,
        "unread": found.unread,
        "others": found.others,
        "changed": dict(found.changed),
        "tasks": [{"task": tested.task, **_figures(tested)} for tested in found.tested],
    }


def _figures(tested: OnHeldBack) -> dict[str, Any]:
    gain = tested.gain
    return {
        "outcome": tested.outcome,
        "answers": tested.answers,
        "right_before": tested.right_before,
        "right_after": tested.right_after if gain else None,
        "mended": tested.mended,
        "broken": tested.broken,
        "gain": round(gain.value, 4) if gain else None,
        "low": round(gain.low, 4) if gain else None,
        "high": round(gain.high, 4) if gain else None,
        "missing": tested.missing,
        "missing_right": tested.missing_right,
    }


def _tell(found: Refit, in_use: str, *, check: bool) -> None:
    from candor.streams import Terminal

    out = Terminal(highlight=False, soft_wrap=True)
    for tested in found.tested:
        out.print(f"{tested.task}: {_words(tested)}", markup=False)
    if found.unread:
        out.print(
            f"{found.unread} answered mentions teach nothing: the network cannot read them, or they name no brand now.",
            markup=False,
        )
    for task, count in found.changed.items():
        out.print(f"{task}: of {found.others} mentions that nobody answered about {count} are judged otherwise.")
    helping = ", ".join(found.layer.tasks)
    if check:
        out.print(f"Would be learnt: {helping or 'nothing'}. Nothing was changed.", markup=False)
    elif helping:
        out.print(f"Learnt: {helping} (layer {in_use}). New mentions are judged with it.", markup=False)
        out.print("candor rejudge judges the stored ones; candor learn --forget goes back.", markup=False)
    else:
        stays = f"the layer {in_use} stays in use" if in_use else "the shipped judges go on judging"
        why = "" if found.tested else " no answers yet: candor label asks for them."
        out.print(f"Nothing was learnt; {stays}.{why}", markup=False)


def _words(tested: OnHeldBack) -> str:
    if tested.outcome == "too few answers":
        needs = [f"{tested.missing} more"] if tested.missing else []
        needs += [f'{tested.missing_right} more that say "right"'] if tested.missing_right else []
        return f"too few answers ({tested.answers}); needed: {', '.join(needs)}"
    if tested.outcome == "nothing to mend":
        return f"all {tested.answers} answers say that it is right; there is nothing to mend"
    assert tested.gain is not None
    change = (
        f"right in {tested.right_before} of {tested.answers} before, {tested.right_after} with what was learnt "
        f"({tested.mended} mended, {tested.broken} broken; {tested.gain.value * 100:+.0f} points, "
        f"{tested.gain.low * 100:+.0f} to {tested.gain.high * 100:+.0f})"
    )
    verdict = {
        "helps": "helps",
        "does not help": "refused, no help for sure",
        "harms by lot": "refused, it breaks more than it mends of what was drawn by lot",
    }[tested.outcome]
    return f"{verdict}: {change}"
