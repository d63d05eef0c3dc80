"""Saved views that are alerts."""
