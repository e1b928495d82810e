"""The HTTP edge: the door itself, and the gateway's own routes."""
