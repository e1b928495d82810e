"""What tickets writes outside its database."""
