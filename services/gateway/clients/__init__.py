"""The services behind the door."""
