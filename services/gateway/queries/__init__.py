"""SQL of the gateway, as functions that take a session."""
