"""SQL as functions that take a session: they read, lock and write, and never decide or commit."""
