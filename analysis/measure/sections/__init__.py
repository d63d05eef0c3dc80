"""The sections of the report: a file a section, which asks the store and builds what that section shows."""
