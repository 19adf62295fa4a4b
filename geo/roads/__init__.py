"""How long crews drive between places."""
