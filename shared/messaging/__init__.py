"""Events between services: outbox, relay, transports, consumer, parking."""
