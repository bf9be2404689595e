"""The exam by which a model earns its roles: items written for this project, and what an answer sheet is worth.

Nothing here runs a model. `loading.load()` gives the questions, `marking` turns answers into figures, `passing` into roles.
"""
