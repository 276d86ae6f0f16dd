"""Door for people: pages of a flow, its errors, and the testers' pages."""
