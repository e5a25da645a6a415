"""The four levels of the command tree and how a jurisdiction's code names a node of it."""

from __future__ import annotations

from enum import StrEnum


class CommandLevel(StrEnum):
    """From the bottom up: community workstation 社区工作站, street disposal centre 街道处置中心, district
    sub-centre 区级分中心, city centre 市级中心 (the city's 2020 press conference, docs/facts.md)."""

    COMMUNITY = "community"
    STREET = "street"
    DISTRICT = "district"
    CITY = "city"

    @property
    def rank(self) -> int:
        """1 for a community to 4 for the city."""
        return list(CommandLevel).index(self) + 1

    @property
    def code_length(self) -> int:
        """Digits of a node's code: 5301 the city, 6 a district, 9 a street, 12 a community (GB/T 2260, 10114)."""
        return {CommandLevel.COMMUNITY: 12, CommandLevel.STREET: 9, CommandLevel.DISTRICT: 6}.get(self, 4)


def node_at(level: CommandLevel, jurisdiction: str) -> str:
    """Code of the node of this level that the place belongs to. Where the place's own code is shorter, nobody
    below is known and the place's own node answers for it."""
    return jurisdiction[: level.code_length]


def answering_level(level: CommandLevel, jurisdiction: str) -> CommandLevel:
    """The level that answers when `level` is told of something there: a higher one where nobody below is known."""
    return level_of(node_at(level, jurisdiction))


def level_of(jurisdiction: str) -> CommandLevel:
    """The level that a node with this code stands on."""
    return next(
        (level for level in CommandLevel if len(jurisdiction) >= level.code_length), CommandLevel.CITY
    )
