"""Who is asking, and may they: accounts, sessions, device tokens, the permission table and the guard."""
