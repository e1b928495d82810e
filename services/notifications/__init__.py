"""Tells operators' systems what happened, by signed webhooks, and carries answers out over e-mail."""
