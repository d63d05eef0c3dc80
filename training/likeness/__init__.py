"""What finds by meaning: sentences that say the same in other words, the network that reads them and its axes."""
