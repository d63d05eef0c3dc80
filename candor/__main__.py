"""``python -m candor`` is ``candor``."""

from candor.cli import main

main()
