"""What stands on each face; built for one locale at a time."""
