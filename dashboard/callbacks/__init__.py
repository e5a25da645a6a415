"""What each face does when a person or the live feed asks; one operation or query each."""
