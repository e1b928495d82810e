"""What can be done in chat: load, decide, write, record."""
