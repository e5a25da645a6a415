"""Real storms and simulated shifts, sent through the public intake API like any other source."""
