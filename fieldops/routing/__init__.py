"""How long crews drive and which way: a route server, the road graph, or an estimate, in that order."""
