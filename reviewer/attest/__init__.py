"""Attestation: what was reviewed, by what, with which result, in the commit itself."""
