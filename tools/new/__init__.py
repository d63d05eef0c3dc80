"""Begin a new part of Candor: its files, its list lines, its documentation, and a first case that fails."""
