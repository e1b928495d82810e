"""A scripted day on the running product, seen from outside: players, staff, an operator's server."""
