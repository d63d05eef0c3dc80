"""The trained encoder: pieces of words, a small network, heads for every task, and their fusion with the rules."""
