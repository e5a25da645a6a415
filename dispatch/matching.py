"""The cheapest matching of rows to columns: the assignment problem, solved exactly."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf


def cheapest_matching(costs: Sequence[Sequence[float]]) -> list[int]:
    """For each row its column, all different, so that the sum of the costs is the least possible.

    There are at least as many columns as rows and every cost is finite. The Hungarian method with potentials and
    shortest augmenting paths (Kuhn 1955, Jonker and Volgenant 1987), rows² × columns steps. Of equal costs an
    earlier column goes first.
    """
    columns = len(costs[0]) if costs else 0
    if columns < len(costs):
        raise ValueError(f"found {len(costs)} rows and {columns} columns, expected no more rows than columns")
    row_price = [0.0] * len(costs)
    column_price = [0.0] * (columns + 1)
    held_by: list[int | None] = [None] * (columns + 1)
    start = columns  # a column that is none: where the path of each new row begins
    for row in range(len(costs)):
        held_by[start] = row
        column = start
        least = [inf] * columns
        came_from = [start] * columns
        done: list[int] = []
        while (holder := held_by[column]) is not None:
            done.append(column)
            step, nearest = inf, start
            for other in range(columns):
                if other in done:
                    continue
                reduced = costs[holder][other] - row_price[holder] - column_price[other]
                if reduced < least[other]:
                    least[other], came_from[other] = reduced, column
                if least[other] < step:
                    step, nearest = least[other], other
            for seen in done:
                owner = held_by[seen]
                assert owner is not None
                row_price[owner] += step
                column_price[seen] -= step
            for other in range(columns):
                if other not in done:
                    least[other] -= step
            column = nearest
        while column != start:
            held_by[column] = held_by[came_from[column]]
            column = came_from[column]
    found = [0] * len(costs)
    for column in range(columns):
        owner = held_by[column]
        if owner is not None:
            found[owner] = column
    return found
