"""The small records that live beside the mentions: a frozen class for each kind, with one reader and one writer."""
