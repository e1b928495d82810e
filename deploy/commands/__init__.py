"""What each command does; `deploy.cli` says how it is called and imports these only when they are used."""
