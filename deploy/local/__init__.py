"""A private PostgreSQL and a private RabbitMQ on this machine, for development, tests and small installations."""
