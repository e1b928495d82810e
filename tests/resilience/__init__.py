"""Faults on the running product, judged by ledgers."""
