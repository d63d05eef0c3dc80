"""How mentions are chosen and shown: addresses that hold filters, facets, time, words in a text."""
