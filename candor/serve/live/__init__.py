"""What the page starts beside itself: a crawl of one source with its progress, a look at a place, a rule's replay."""
