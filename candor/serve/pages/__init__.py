"""The pages, a file each: what it shows, and what can be done there."""
