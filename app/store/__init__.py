"""Tables, one file for each aggregate: shapes and constraints, no rules."""
