"""Code from a request in words: what the model is shown, what it writes, and what must hold before anybody sees it."""
