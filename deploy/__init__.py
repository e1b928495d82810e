"""Everything that starts, stops and supplies the services: the `pitboss` command and the files of a deployment."""
