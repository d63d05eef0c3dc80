"""Sentences written to teach and to test the judges, and how they are read. A running Candor does not import this."""
