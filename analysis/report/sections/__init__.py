"""The sections as people see them: a file a section (its title, its words), and beside it its part of the page."""
