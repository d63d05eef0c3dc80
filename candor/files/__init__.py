"""Files that people name and hand over: read as text, and the configuration, changed in place."""
