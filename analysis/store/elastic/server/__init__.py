"""The server itself: its address and secrets, asking it, and what is installed there."""
