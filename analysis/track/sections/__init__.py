"""What each section of the report shows, a file a section: its frozen results and how they are worked out. Pure."""
