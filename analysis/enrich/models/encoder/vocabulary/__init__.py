"""How texts are cut into the pieces that the networks read."""
