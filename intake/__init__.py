"""The door: parse and validate what sensors, hotlines and units send, then call one operation."""
