"""What others rely on: event schemas, samples, generated documents."""
