"""PROMISE: what every table promises, what is derived from the promises, and the judges that hold us to them."""
