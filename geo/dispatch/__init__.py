"""Which crew does which work order, in which order, and why a work order had to wait."""
