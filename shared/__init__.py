"""What at least two services import today; see docs/decisions for what may enter."""
