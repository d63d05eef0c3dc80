"""``python -m tools.new PART ...``: write what a new part begins with and say what comes next.

Exit status: 0 done, 2 a name that cannot be one or is taken; then nothing was written.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path

from analysis.model.errors import UsageError
from crawler.commands import newsource
from tools.new import judge, rule, section

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Begin the part that the command line names."""
    given = vars(_parser().parse_args())
    begin, steps = given.pop("begin"), given.pop("steps")
    try:
        written = begin(ROOT, **given)
    except UsageError as error:
        print(f"tools.new: {error}", file=sys.stderr)
        return 2
    print("".join(f"wrote {path}\n" for path in written) + steps.format(**given), end="")
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m tools.new", description="Begin a new part.")
    parts = parser.add_subparsers(required=True, metavar="PART")
    source = parts.add_parser("source", help="a kind of source; scrapy newsource does the same")
    source.add_argument("name", metavar="NAME")
    source.add_argument("--list", dest="is_list", action="store_true", help="it lists what there is; no search")
    source.set_defaults(begin=newsource.new_source, steps=newsource.NEXT)
    judged = parts.add_parser("judge", help="a judge of a task of the enrichers")
    judged.add_argument("task", metavar="TASK")
    judged.add_argument("name", metavar="NAME")
    judged.set_defaults(begin=judge.new_judge, steps=judge.NEXT)
    alerted = parts.add_parser("rule", help="a rule of alerts")
    alerted.add_argument("name", metavar="NAME")
    alerted.set_defaults(begin=rule.new_rule, steps=rule.NEXT)
    shown = parts.add_parser("section", help="a section of the report")
    shown.add_argument("name", metavar="NAME")
    shown.add_argument("title", metavar="TITLE")
    shown.set_defaults(begin=section.new_section, steps=section.NEXT)
    return parser


if __name__ == "__main__":
    sys.exit(main())
