"""Warnings to and from others: CAP 1.2 messages, their feed, and the parser that trusts nobody."""
