"""The doors: one module per git hook. Git's arguments and standard input go in, an exit code comes out."""
