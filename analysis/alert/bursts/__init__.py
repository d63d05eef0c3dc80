"""What is known of a burst beside its number: its kind, and how often chance alone makes one."""
