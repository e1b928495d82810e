"""Pure knowledge of outside channels: parse, render, classify; no IO."""
