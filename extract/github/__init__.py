"""GitHub: github.com, GitHub Enterprise, and anything on loopback that speaks like them."""
