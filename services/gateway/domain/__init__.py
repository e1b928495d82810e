"""Rules of the door: credentials, limits, routes, sessions. Pure: the time is an argument."""
