"""Whether there is a browser: tests that draw pages carry ``@needs_chromium``; in ``.ci/run`` a skip is a failure."""

from __future__ import annotations

import pytest

from crawler.drawing.browser import BrowserError, checked_browser


def _missing() -> str:
    try:
        checked_browser()
    except BrowserError as error:
        return str(error)
    return ""


needs_chromium = pytest.mark.skipif(bool(_missing()), reason=_missing() or "there is one")
