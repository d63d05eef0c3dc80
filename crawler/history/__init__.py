"""Files of the past into the store: months of WARC files or exports, by workers of this machine or of a cluster."""
