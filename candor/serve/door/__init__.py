"""Who may come in: hosts, sessions, forms that are ours, roles."""
