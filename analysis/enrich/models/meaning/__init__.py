"""What a sentence means, as a direction: for finding by meaning and for themes that no taxonomy names."""
