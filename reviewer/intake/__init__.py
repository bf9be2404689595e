"""From git's bytes to Change and Hunk."""
