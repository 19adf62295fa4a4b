"""One adapter a file; they know no tables and not each other."""
