"""Collections of features for other programs: each file describes some, `offered` says who reads which."""
