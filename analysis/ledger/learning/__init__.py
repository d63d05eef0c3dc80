"""What people answered when they were asked, what is asked next, and the layer that is learnt from it."""
