"""Dated migrations of the database of intake."""
