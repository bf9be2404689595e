"""Nothing is shown as a mend before it is proven: what it keeps, what it changes, and what the reviewers say of it afterwards."""
