"""Where mentions and small records are kept. A store is chosen by its address: a folder, or http(s)."""
