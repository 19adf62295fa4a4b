"""Photos: keep of what was sent the picture, its time and its place, nothing else, and keep them private."""
