"""How the shipped hunk classifier was made. Not part of the installed package."""
