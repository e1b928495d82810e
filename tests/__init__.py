"""The suite: unit, service, contract, resilience, end to end, house rules, benchmarks."""
