"""The whole product from outside: REST, sockets, mail and webhooks through its public doors."""
