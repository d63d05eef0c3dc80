"""Into the team's tracker: a theme or a mention becomes an issue, when a person says so; its state comes back."""
