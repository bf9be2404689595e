"""Which models exist, where they come from, and whether the file on disk is the published one."""
