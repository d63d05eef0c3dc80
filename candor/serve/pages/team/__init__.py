"""What the team enters and how it is told: triage, the log, what is new since a visit."""
