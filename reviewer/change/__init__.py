"""Rules on the change itself: what an edit took away, weakened or got wrong, seen by comparing the old code with the new."""
