"""Promised times: policies, clocks, timers and breaches."""
