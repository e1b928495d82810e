"""Shapes at the edges of chat: HTTP bodies and socket frames."""
