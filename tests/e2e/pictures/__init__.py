"""The pictures of the documents, taken of a casino's ordinary day; `make pictures` renews them."""
