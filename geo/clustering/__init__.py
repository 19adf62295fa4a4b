"""Work sites and duplicates: is this the same defect? See docs/methods/clustering.md."""
