"""One module for each step, made of instruments; methods do not know each other."""
