"""What is measured, next to a bar, a peer or a bound."""
