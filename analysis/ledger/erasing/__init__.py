"""Erasing mentions for good, what is forgotten with them, and what is kept so that they do not come back."""
