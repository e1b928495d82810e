"""What notifications can do, one file per subject."""
