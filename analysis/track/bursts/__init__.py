"""The one detector of bursts and falls: baseline, windows, habits; for one series, its last rows, or many series."""
