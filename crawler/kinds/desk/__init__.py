"""Kinds that read what customers wrote to a help desk of one's own: private, without quoted mail and signatures."""
