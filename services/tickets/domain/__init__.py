"""The rules of tickets: values in, facts or a refusal out. Nothing here waits, stores or reads a clock."""
