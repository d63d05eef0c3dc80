"""The team's page: what was found, judged and done, in a browser. It joins; it asks and counts nothing of its own."""
