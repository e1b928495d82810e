"""Takes in what comes from outside channels and makes it durable before anything else."""
