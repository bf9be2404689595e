"""One file per language: how its syntax tree becomes the intermediate form. The declarations are in `rules/taint/<language>`."""

LANGUAGES = {
    "php": ("php", "php"),
    "python": ("python", "python"),
    "ruby": ("ruby", "ruby"),
    "java": ("java", "java"),
    "csharp": ("csharp", "csharp"),
    "go": ("go", "go"),
    "javascript": ("javascript", "javascript"),
    "jsx": ("javascript", "javascript"),
    "typescript": ("javascript", "typescript"),
    "tsx": ("javascript", "tsx"),
}
"""By `Hunk.language`: the module in this folder, which is also the folder of its declarations, and the grammar."""
