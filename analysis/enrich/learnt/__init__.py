"""What a team's own answers teach: a small layer on top of the shipped judges, fitted in seconds, kept in the store."""
