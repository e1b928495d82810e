"""Dated steps of the tables of sla."""
