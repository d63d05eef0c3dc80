"""The weights of the network that reads English."""
