"""Where inference backends run: in child processes that may crash."""
