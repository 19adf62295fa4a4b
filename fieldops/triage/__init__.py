"""What a citizen's words mean: danger, intent, language, kind of complaint, severity and place.

Pure: texts in, plain values out; no Flask and no database. A suggestion is never a decision.
"""
