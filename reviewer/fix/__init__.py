"""From a finding's fix to a patch: which bytes change, how that is shown to people and programs, and how it is written."""
