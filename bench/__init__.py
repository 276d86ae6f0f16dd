"""What the portal costs: measured through HTTP on real processes, never in a timed test."""
