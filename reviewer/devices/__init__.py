"""What computes: one file per accelerator, each of which says whether it is there, and if not, why. See docs/devices.md."""
