"""FieldOps: complaints about roads and drains, from the pin on the map to the repaired place."""
