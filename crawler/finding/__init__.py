"""What a place is that somebody names: by its name, its address, or its front page. Pure; ``candor add`` asks."""
