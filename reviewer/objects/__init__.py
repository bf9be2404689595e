"""Reading git objects: libgit2 where it can open the repository, the git command line where it cannot."""
