"""What moves: the position board and doorbell in Redis, and the socket that pushes to browsers."""
