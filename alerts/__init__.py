"""Early warning, pure: readings become grades, grades become alerts."""
