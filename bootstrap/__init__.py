"""Where the concrete parts are chosen, joined and started; nothing else may know all of them."""
