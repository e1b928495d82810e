"""Tickets and their timeline: who wrote what, where it stands and whose it is."""
