"""Which lines of a change a model wrote: a record of each piece of generated code, and how it is known again in a commit."""
