"""HTTP shapes of sla; durations are seconds on the wire."""
