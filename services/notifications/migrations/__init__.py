"""Dated migrations of the database of notifications."""
