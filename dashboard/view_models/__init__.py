"""From public state to the words and figures a face shows; no Dash, so tested without a browser."""
