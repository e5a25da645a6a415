"""A day of calls and patrols, event by event, to say what a dispatch policy is worth; apart from the system."""
