"""The reviewers: one file each, all with the same interface."""
