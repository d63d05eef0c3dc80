"""Kinds that ask a large service for what its own API answers: questions, videos, news, reviews of an app."""
