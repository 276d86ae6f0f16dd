"""Next Step: the API by which a bank prepares and follows operations."""
