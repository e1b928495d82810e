"""What sla can do."""
