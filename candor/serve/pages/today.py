"""The first page of a morning: how much was said, what to improve, what is new, what fires, what others did."""

from __future__ import annotations

from starlette.responses import Response

from candor.serve.visit import PageVisit


def today(visit: PageVisit) -> Response:
    """Show the day."""
    return visit.show("today.html.j2", here="today")
