"""What tests stand on: real databases, real brokers, running services."""
