"""The report on paper: its page, printed by the system's browser."""
