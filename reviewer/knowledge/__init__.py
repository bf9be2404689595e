"""What the team decided about findings, and what recent reviews said: the gate's memory."""

FOLDER = ".hunkgate/dismissed"
"""Where the team's decisions lie, from the top of the repository."""
