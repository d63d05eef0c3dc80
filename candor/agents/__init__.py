"""What agents are handed: read-only tools over the store, and proposals that a person decides."""
