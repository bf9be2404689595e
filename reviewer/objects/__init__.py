"""Reading git objects: libgit2 where it can open the repository, the git command line where it cannot."""

from reviewer.objects.choose import open_reader
from reviewer.objects.interface import CommitObject, ObjectReader, TreeChange

__all__ = ["CommitObject", "ObjectReader", "TreeChange", "open_reader"]
