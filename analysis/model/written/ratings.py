"""The one reader of ratings: from how people and programs write them to stars from 0 to 5."""

from __future__ import annotations

import re
import unicodedata

STARS = 5.0
_SCALES = (5.0, 10.0, 100.0)
_MAX_LENGTH = 80
_FULL, _HALF, _EMPTY = "★⭐🌟✭✪●⬤", "⯨⯪⯫½", "☆✩✰✫○◯"
_SHOWN = re.compile(rf"(?:[{_FULL}{_HALF}{_EMPTY}]\ufe0f?\s?){{1,12}}")
_PARTS = {"½": ".5", "¼": ".25", "¾": ".75", "⅓": ".33", "⅔": ".67"}
_NUMBER = r"(?<![\d.,])(-?\d{1,6}(?:[.,]\d{1,9})?)(?![\d])"
_OUT_OF = "/|⁄|out of|of|over|von|aus|sur|de|su|di|van|uit|av|af|z|ze|od|из|від|από|den|üzerinden|dari|trên"
_RATED = re.compile(
    rf"{_NUMBER}\s{{0,3}}(?:[★⭐]\ufe0f?\s?)?(?:\([^()\d]{{0,20}}\)\s?)?(?:(?:stars?|sterne?n?|points?|punkte?n?)\s)?"
    rf"(?:(?:{_OUT_OF})\s{{0,3}}(\d{{1,3}})(?![\d.,]\d)|(%))",
    re.IGNORECASE,
)
_HALVES = re.compile(r"(?<![\d/.,])(\d{1,2})\s+1[/⁄]2(?![\d/])")
_PLAIN = re.compile(_NUMBER)


def read_rating(
    value: object, *, best: object = None, worst: object = None, guesses_scale: bool = True
) -> float | None:
    """Return ``value`` (a number or a text such as "8/10", "4½", "★★★☆☆", "90 %") as stars from 0 to 5, else None.

    A scale that the text itself tells counts before ``best``. Without either it is the first of 5, 10 and 100 that the
    value fits, or 5 alone where ``guesses_scale`` is false. ``worst`` is the scale's lower end only where it is 0 or
    below (by convention a 1-to-5 scale is read as its number of stars).
    """
    amount, scale = _said(value)
    if amount is None:
        return None
    low = min(0.0, _said(worst)[0] or 0.0)
    scale = scale or _fitting(amount, _said(best)[0], guesses_scale)
    if scale is None or not low <= amount <= scale:
        return None
    return round(STARS * (amount - low) / (scale - low), 2)


def _fitting(amount: float, best: float | None, guesses: bool) -> float | None:
    if best is not None and best > 0 and amount <= best:
        return best
    return next((scale for scale in (_SCALES if guesses else _SCALES[:1]) if amount <= scale), None)


def _said(value: object) -> tuple[float | None, float | None]:
    """Return the number that ``value`` tells and the scale, where it tells one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None, None
    text = _plain(str(value)[: 4 * _MAX_LENGTH])
    if len(text) > _MAX_LENGTH:
        return None, None
    if match := _RATED.search(text):
        scale = 100.0 if match[3] else float(match[2])
        return _number(match[1]), scale or None
    if match := _PLAIN.search(text):
        return _number(match[1]), None
    shown = _SHOWN.search(text)
    return _counted(shown.group()) if shown else (None, None)


def _plain(text: str) -> str:
    """Return ``text`` with digits of every script as 0 to 9 and parts such as ½ behind a number as decimals."""
    for sign, decimals in _PARTS.items():
        text = re.sub(rf"(?<=\d)\s?{sign}", decimals, text)
    text = _HALVES.sub(r"\1.5", text.replace("٫", "."))
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text).strip()


def _counted(shown: str) -> tuple[float | None, float | None]:
    full, half, empty = (sum(map(shown.count, signs)) for signs in (_FULL, _HALF, _EMPTY))
    total = full + half + empty
    return full + half / 2, float(max(total, STARS) if total <= STARS or not empty else total)


def _number(text: str) -> float:
    return float(text.replace(",", "."))
