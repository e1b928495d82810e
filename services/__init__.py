"""One folder per service: a folder is a process, a database and a queue. Services never import each other."""
