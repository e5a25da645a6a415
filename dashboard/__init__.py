"""The three faces: wall, desk and phone, each its own small Dash app on one server."""
