"""What chat knows without a database or a network: values, rules, limits and the order of a transcript."""
