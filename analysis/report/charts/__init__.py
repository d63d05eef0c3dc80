"""Charts of the page, a file for each section that has some."""
