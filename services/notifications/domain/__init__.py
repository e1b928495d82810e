"""Rules of notifications: pure, one file per subject."""
