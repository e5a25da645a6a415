"""A storm as a file: what was published about it, what is assumed, and what is made up."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from alerts.model import Passability
from core.errors import InvalidInputError, NotFoundError

SCENARIOS = Path(__file__).parent / "scenarios"

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
DepthCm = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Observation(_Part):
    """What was published of one point at one instant; a depth of None was not published.

    `clearing_silt` means the water is gone and mud is being cleared.
    """

    depth_cm: DepthCm | None
    passability: Literal["open", "slow", "closed", "clearing_silt"]

    @property
    def driven(self) -> Passability:
        return Passability.SLOW if self.passability == "clearing_silt" else Passability(self.passability)

    @property
    def note(self) -> str | None:
        return "清淤" if self.passability == "clearing_silt" else None


class Moment(_Part):
    """All that was published of one instant, by point id."""

    at: AwareDatetime
    points: Annotated[Mapping[Text, Observation], Field(min_length=1)]


class Beginning(_Part):
    """An assumption: until when a point was dry and, if it was first seen closed, since when it had been."""

    dry_until: AwareDatetime
    closed_from: AwareDatetime | None = None


class Source(_Part):
    publisher_zh: Text
    publisher_en: Text
    published: date
    bulletins: tuple[Text, ...]


class Gauges(_Part):
    """How gauges report: every `every_s` scenario seconds, with noise of at most `noise_cm` either way.

    `between_observations` has one value, so that no file can be silent about it.
    """

    between_observations: Literal["interpolated"]
    every_s: Positive
    noise_cm: Annotated[float, Field(ge=0, le=10)]


class Rain(_Part):
    """Made-up rain at gauges: each total (mm) falls from `begins_at` to `ends_at`, spread over equal parts of that time
    by `shares`; a gauge reports every `every_s` scenario seconds what fell since its last reading."""

    synthetic: Literal[True]
    every_s: Positive
    begins_at: AwareDatetime
    ends_at: AwareDatetime
    shares: Annotated[tuple[Annotated[float, Field(ge=0, le=1)], ...], Field(min_length=1)]
    totals_mm: Mapping[Text, Annotated[float, Field(ge=0, le=2000, allow_inf_nan=False)]]

    @model_validator(mode="after")
    def _falls(self) -> Self:
        if self.begins_at >= self.ends_at:
            raise ValueError(f"found ends_at {self.ends_at}, expected one after begins_at {self.begins_at}")
        if not math.isclose(sum(self.shares), 1.0, abs_tol=1e-6):
            raise ValueError(f"shares: found a sum of {sum(self.shares):g}, expected 1")
        return self


class Level(_Part):
    """A made-up depth in a wet well at one instant."""

    at: AwareDatetime
    depth_cm: DepthCm


class Sumps(_Part):
    """Made-up levels in wet wells: straight lines from one to the next, kept after the last."""

    synthetic: Literal[True]
    every_s: Positive
    noise_cm: Annotated[float, Field(ge=0, le=10)]
    levels_cm: Mapping[Text, Annotated[tuple[Level, ...], Field(min_length=1)]]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for point_id, levels in self.levels_cm.items():
            instants = [level.at for level in levels]
            if instants != sorted(set(instants)):
                raise ValueError(f"{point_id}: found levels out of order, expected each later than the last")
        return self


class Span(_Part):
    """From one instant to a later one."""

    begins_at: AwareDatetime
    ends_at: AwareDatetime


class Silences(_Part):
    """Made-up times in which a gauge sends nothing."""

    synthetic: Literal[True]
    points: Mapping[Text, Span]


class CallKind(_Part):
    category: Text
    weight: Positive
    texts: Annotated[tuple[Text, ...], Field(min_length=1)]


class Calls(_Part):
    """Made-up calls: how many, how far from a point under water, and what they say."""

    synthetic: Literal[True]
    count: Annotated[int, Field(ge=0, le=10_000)]
    within_m: Positive
    label: Text
    kinds: Annotated[tuple[CallKind, ...], Field(min_length=1)]


class Scenario(_Part):
    """One storm. Instants are those of the city, aware."""

    scenario: Text
    seed: int
    title_zh: Text
    title_en: Text
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    source: Source
    readings: Gauges
    observations: Annotated[tuple[Moment, ...], Field(min_length=1)]
    assumed_beginnings: Mapping[Text, Beginning]
    rain: Rain | None = None
    sumps: Sumps | None = None
    silences: Silences | None = None
    calls: Calls

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.starts_at >= self.ends_at:
            raise ValueError(
                f"ends_at: found {self.ends_at}, expected an instant after starts_at {self.starts_at}"
            )
        instants = [moment.at for moment in self.observations]
        if instants != sorted(set(instants)):
            raise ValueError(
                "observations: found instants out of order, expected each later than the one before"
            )
        if instants[-1] > self.ends_at:
            raise ValueError(
                f"observations: found {instants[-1]}, expected none after ends_at {self.ends_at}"
            )
        seen = set(self.point_ids)
        if seen != set(self.assumed_beginnings):
            odd = ", ".join(sorted(seen ^ set(self.assumed_beginnings)))
            raise ValueError(f"assumed_beginnings: expected exactly the observed points, differs in {odd}")
        for point_id in seen:
            self._check_beginning(point_id)
        self._check_silences()
        return self

    def _check_silences(self) -> None:
        for point_id, span in (self.silences.points if self.silences else {}).items():
            hidden = [at for at in self.observed(point_id) if span.begins_at <= at < span.ends_at]
            if hidden or span.begins_at >= span.ends_at:
                found = ", ".join(map(str, hidden)) or f"the end {span.ends_at} before the beginning"
                raise ValueError(f"silences: {point_id}: found {found}, expected a time without observations")

    def _check_beginning(self, point_id: str) -> None:
        first_at, first = next(iter(self.observed(point_id).items()))
        beginning = self.assumed_beginnings[point_id]
        if first.depth_cm is None:
            raise ValueError(f"{point_id}: found no depth in its first observation, expected one to rise to")
        if beginning.dry_until >= first_at:
            raise ValueError(f"{point_id}: dry_until {beginning.dry_until} must lie before {first_at}")
        if (beginning.closed_from is not None) != (first.driven is Passability.CLOSED):
            raise ValueError(
                f"{point_id}: closed_from belongs to points first seen closed, and only to those"
            )
        if beginning.closed_from is not None and not beginning.dry_until < beginning.closed_from < first_at:
            raise ValueError(f"{point_id}: closed_from must lie between dry_until and {first_at}")

    @property
    def point_ids(self) -> tuple[str, ...]:
        """The points that were observed, in order of their ids."""
        return tuple(sorted({point_id for moment in self.observations for point_id in moment.points}))

    @property
    def gauge_ids(self) -> frozenset[str]:
        """Every point the scenario sends readings of or keeps silent."""
        rain = self.rain.totals_mm if self.rain else {}
        sumps = self.sumps.levels_cm if self.sumps else {}
        silent = self.silences.points if self.silences else {}
        return frozenset({*self.point_ids, *rain, *sumps, *silent})

    def observed(self, point_id: str) -> dict[datetime, Observation]:
        """What was published of one point, by instant, oldest first."""
        return {m.at: m.points[point_id] for m in self.observations if point_id in m.points}


def load_scenario(name: str, known_points: Collection[str], folder: Path = SCENARIOS) -> Scenario:
    """The scenario `name`. Raises NotFoundError without one, InvalidInputError that names each fault."""
    available = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if name not in available:
        raise NotFoundError(
            f"scenario: found {name!r}, expected one of: {', '.join(available) or 'none there'}"
        )
    try:
        scenario = Scenario.model_validate(yaml.safe_load(available[name].read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise InvalidInputError(f"{available[name].name} is no YAML: {error}") from error
    except ValidationError as error:
        faults = [f"  {'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors()]
        raise InvalidInputError("\n".join([f"{available[name].name} cannot be used:", *faults])) from error
    if scenario.scenario != name:
        raise InvalidInputError(
            f"{available[name].name}: found scenario {scenario.scenario!r}, expected {name!r}"
        )
    unknown = sorted(scenario.gauge_ids - set(known_points))
    if unknown:
        raise InvalidInputError(f"{available[name].name}: found unknown points {', '.join(unknown)}")
    return scenario
