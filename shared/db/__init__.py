"""The database ground that every service shares."""
