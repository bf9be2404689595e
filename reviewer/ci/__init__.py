"""The server's job: prove the commits of a range, and review again what is not proven."""
