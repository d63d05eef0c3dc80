"""Kinds of source that are networks: people's short posts, and what they discuss under links."""
