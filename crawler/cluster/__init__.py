"""Crawls on a Ray cluster. Ray itself is imported only where somebody crawls on one: the extra ``[cluster]``."""
