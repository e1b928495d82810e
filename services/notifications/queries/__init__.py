"""SQL of notifications, one file per subject."""
