"""The HTTP edge of sla."""
