"""When each source is crawled, and the long-running process that does it: ``candor watch``."""
