"""SQL of sla: statements as functions of a session."""
