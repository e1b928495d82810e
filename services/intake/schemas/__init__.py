"""The HTTP shapes of intake."""
