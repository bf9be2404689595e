"""One file per code host or CI server: how it is recognised, what it knows of the commits, how results are posted there."""
