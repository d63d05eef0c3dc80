"""Where messages go: the configured channels, the two ways to send (a chat, a signed webhook), what an answer means."""
