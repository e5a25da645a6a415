"""Desk work, one action per file: check who asks, ask the pure domain, commit result and journal row together."""
