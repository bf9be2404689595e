"""External analyzers: one file per tool."""
