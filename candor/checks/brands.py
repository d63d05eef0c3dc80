"""What ``candor doctor`` says of each brand: how it is found, and which of its names are words of everyday."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.model import Brand
from analysis.model.query import in_words, parse, words_query

CURE = "without more it is found where nobody means the brand; add context = [...] or case_sensitive = true"


def brand_lines(brands: tuple[Brand, ...]) -> Iterator[tuple[str, str, str]]:
    """Yield for each brand what to call the check, its state and its words."""
    from analysis.enrich.find.everyday import everyday_names

    notes: dict[str, list[str]] = {}
    for brand, name, matter in everyday_names(brands):
        notes.setdefault(brand.id, []).append(f'"{name}" {matter}: {CURE}')
    for brand in brands:
        yield f"brand {brand.id}", "ok", _found_by(brand)
        for words in notes.get(brand.id, ()):
            yield f"brand {brand.id}", "note", words


def _found_by(brand: Brand) -> str:
    named = (brand.name,) if not brand.query.strip() else ()
    queries = [parse(brand.query)] if brand.query.strip() else []
    queries += [
        words_query(name, exact=brand.exact, case=brand.case_sensitive)
        for name in (*named, *brand.aliases, *brand.products)
    ]
    words = "found by " + "; or ".join(in_words(query.node) for query in queries)
    if brand.context:
        words += f"; near one of {', '.join(brand.context)}"
    if brand.exclude:
        words += f"; not near {', '.join(brand.exclude)}"
    return words
