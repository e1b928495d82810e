"""What intake reaches outside its database: files, the program that inspects them, the virus scanner."""
