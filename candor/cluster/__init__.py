"""Candor's commands on a Ray cluster."""
