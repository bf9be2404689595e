"""What kind of work a hunk is, and how complex."""
