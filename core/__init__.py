"""Shared kernel: places, instants, ids, actors, errors; standard library only."""
