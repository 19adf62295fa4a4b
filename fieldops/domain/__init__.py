"""Rules in plain Python: states and moves, roles, clocks, priorities, references. No Flask, no database."""
