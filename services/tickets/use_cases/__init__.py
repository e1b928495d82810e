"""One function per thing that can be done with a ticket: load, decide, write, record."""
