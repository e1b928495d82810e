"""What can be done at the door: one function each."""
