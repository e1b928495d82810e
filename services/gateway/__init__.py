"""The only door: who calls is proven here and nowhere else; everything outside passes through or is refused."""
