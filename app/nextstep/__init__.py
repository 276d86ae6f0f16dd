"""Which step comes next, and what an operation says. Pure: no clock, no database, no request."""
