"""What intake knows and decides, without any IO."""
