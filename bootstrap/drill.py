"""Runs a drill: a scenario and a patrol shift against the running system, and the control of its clock."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, time, timedelta

import httpx

from access.demo import ensure_replayer_token
from bootstrap.catalogue import load_catalogue
from bootstrap.settings import Settings
from bootstrap.users import access_for
from bootstrap.wiring import wire
from core.errors import CommandCentreError, ConflictError, InvalidInputError, UnavailableError
from drills.intake_api import TIMEOUT_S, CityClock, IntakeApi, RefusedError
from drills.patrol import PatrolShift
from drills.replay import Replayer
from drills.scenario import Scenario, load_scenario
from drills.shift import make_shift
from drills.storyline import Storyline
from roads.areas import DistrictAreas, load_districts
from roads.commands import network_path
from roads.network import RoadNetwork

PROGRESS_EVERY_S = 15.0
TRIES = 10
AHEAD_S = 0.5
"""A new speed begins this many wall seconds ahead of the clock as polled, so that time never goes back."""

Say = Callable[[str], None]

log = logging.getLogger(__name__)


def _print(line: str) -> None:
    print(line, flush=True)


def run(
    settings: Settings,
    name: str,
    *,
    speed: float,
    units: int,
    seed: int = 1,
    start_at: datetime | None = None,
    restart: bool = False,
    say: Say = _print,
) -> None:
    """Replay scenario `name` until stopped.

    A drill of it that is running goes on from the system's clock, unless `restart`; one that is over begins
    again.

    `speed` is scenario seconds in a second, 0 to 600; `start_at` without an offset is the city's time.
    Raises NotFoundError, InvalidInputError for what was asked, ConflictError when the system is in service.
    """
    logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s: %(message)s")
    # It logs every request at INFO: several a second.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    points = load_catalogue(settings.catalogue_dir).points
    scenario = load_scenario(name, points)
    begins_at = _within(scenario, start_at) if start_at else scenario.starts_at
    storyline = Storyline(scenario, points)

    async def everything() -> None:
        async with _client(settings) as client:
            api = IntakeApi(client, await _token(settings))
            await begin(api, scenario, begins_at, speed, restart, say)
            replayer = Replayer(api, storyline)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(replayer.run())
                tasks.create_task(_patrol(settings, api, scenario, units, seed, replayer, say))

    try:
        asyncio.run(everything())
    except* CommandCentreError as errors:
        raise _first(errors) from errors


def control(
    settings: Settings,
    *,
    pause: bool = False,
    speed: float | None = None,
    seek: str | None = None,
    restart: bool = False,
    say: Say = _print,
) -> None:
    """Pause, speed up or move the clock of the drill that is running; every process follows within a second.

    `seek` is `11:00`, `11:00:30` or an ISO instant; back in time ends everything open. `restart` goes to the
    scenario's beginning. Raises InvalidInputError, ConflictError.
    """
    points = load_catalogue(settings.catalogue_dir).points

    async def turn() -> CityClock:
        async with _client(settings) as client:
            api = IntakeApi(client, await _token(settings))
            for _ in range(TRIES):
                clock = await running_clock(api, settings)
                if clock.scenario is None:
                    raise ConflictError("found no drill running, expected one: python app.py drill NAME")
                scenario = load_scenario(clock.scenario, points)
                target = scenario.starts_at if restart else _instant(scenario, seek) if seek else None
                at = target or clock.now + timedelta(seconds=AHEAD_S * clock.speed)
                wanted = 0.0 if pause else clock.speed if speed is None else speed
                back = restart or (target is not None and target < clock.now)
                try:
                    return await api.set_drill_time(clock.scenario, at, wanted, restart=back)
                except RefusedError as error:
                    # The clock moved on between the two requests; look again.
                    if error.status != ConflictError.status:
                        raise
            raise ConflictError(f"the clock moved on each of {TRIES} times it was to be set; try again")

    clock = asyncio.run(turn())
    say(f"{_shown(clock.now, load_scenario(str(clock.scenario), points))} · {clock.speed:g}×")


async def running_clock(api: IntakeApi, settings: Settings) -> CityClock:
    """The clock of the system that runs. Raises UnavailableError that says where it was looked for."""
    try:
        return await api.clock()
    except UnavailableError as error:
        raise UnavailableError(
            f"{error.message}\n  {settings.web_url} 没有回应；系统以别的端口运行时，这里也要写同样的 CC_PORT / nothing "
            f"answered at {settings.web_url}: start the system, or, where it runs on another port, set the same here "
            f"as there, for example CC_PORT={settings.port + 10} python app.py drill-clock --pause"
        ) from error


async def begin(
    api: IntakeApi, scenario: Scenario, begins_at: datetime, speed: float, restart: bool, say: Say
) -> None:
    """Set the drill's clock unless it is running already; asks again until the system answers."""
    say(f"演练 {scenario.title_zh} · drill {scenario.title_en}")
    while True:
        clock = await api.clock_until_answered()
        if clock.mode != "drill":
            raise ConflictError(f"mode: found {clock.mode}, expected drill; a live centre takes no drill")
        running = clock.scenario == scenario.scenario
        if running and not restart and clock.now < scenario.ends_at:
            say(f"继续 continues at {_shown(clock.now, scenario)} · {clock.speed:g}×")
            return
        try:
            clock = await api.set_drill_time(scenario.scenario, begins_at, speed, restart=True)
        except UnavailableError:
            await asyncio.sleep(1.0)
            continue
        say(f"开始 begins at {_shown(clock.now, scenario)} · {clock.speed:g}×")
        return


async def _patrol(
    settings: Settings,
    api: IntakeApi,
    scenario: Scenario,
    units: int,
    seed: int,
    replayer: Replayer,
    say: Say,
) -> None:
    """The shift from its first unit on; readings need not wait for it."""
    network = await _network(settings, say)

    def built() -> PatrolShift:
        # The first two characters are how each of the fourteen is called in speech: 官渡区, 禄劝彝族苗族自治县.
        names = {district.code: district.name_zh[:2] for district in load_districts()}
        shift = make_shift(units, seed, network, DistrictAreas(), names)
        return PatrolShift(api, shift, network, seed, scenario.starts_at)

    patrol = await asyncio.to_thread(built)
    await patrol.register()
    say(f"巡逻 {units:,} 个单位上路（合成）· {units:,} synthetic units are on patrol")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(patrol.run())
        tasks.create_task(_progress(scenario, replayer, patrol, say))


async def _network(settings: Settings, say: Say) -> RoadNetwork:
    path = settings.road_network or network_path(settings.data_dir)
    if not path.exists():
        say(f"等待路网 waiting for the road network {path}")
    while True:
        # It appears whole or not at all (RoadNetwork.save).
        if path.exists():
            return await asyncio.to_thread(RoadNetwork.load, path)
        await asyncio.sleep(1.0)


async def _progress(scenario: Scenario, replayer: Replayer, patrol: PatrolShift, say: Say) -> None:
    told = None
    while True:
        await asyncio.sleep(PROGRESS_EVERY_S)
        if replayer.now is None or replayer.now == told:
            continue
        told, sent = replayer.now, replayer.sent
        over = " · 情景结束 the scenario is over" if replayer.is_over else ""
        say(
            f"{_shown(told, scenario)} · 读数 readings {sent.readings:,} · "
            f"通行 passability {sent.passability} · 来电 calls {sent.calls} · 出警 responding {patrol.responding}{over}"
        )


def _client(settings: Settings) -> httpx.AsyncClient:
    # The system on this machine is never behind the proxy that the environment may name.
    return httpx.AsyncClient(base_url=settings.web_url, timeout=TIMEOUT_S, trust_env=False)


async def _token(settings: Settings) -> str:
    access = access_for(wire(settings, with_roads=False))
    while True:
        try:
            return ensure_replayer_token(access.tokens, settings.data_dir).read_text().strip()
        except UnavailableError as error:
            log.warning("the replayer's token waits: %s", error.message)
        await asyncio.sleep(1.0)


def _within(scenario: Scenario, at: datetime) -> datetime:
    aware = at if at.tzinfo else at.replace(tzinfo=scenario.starts_at.tzinfo)
    if not scenario.starts_at <= aware <= scenario.ends_at:
        raise InvalidInputError(
            f"found {aware.isoformat()}, expected an instant from {scenario.starts_at.isoformat()} "
            f"to {scenario.ends_at.isoformat()}"
        )
    return aware


def _instant(scenario: Scenario, text: str) -> datetime:
    try:
        if len(text) > len("11:00:30"):
            return _within(scenario, datetime.fromisoformat(text))
        day = scenario.starts_at
        return _within(scenario, datetime.combine(day.date(), time.fromisoformat(text), day.tzinfo))
    except ValueError as error:
        raise InvalidInputError(
            f"seek: found {text!r}, expected 11:00, 11:00:30 or an ISO instant"
        ) from error


def _shown(at: datetime, scenario: Scenario) -> str:
    return at.astimezone(scenario.starts_at.tzinfo).strftime("%H:%M:%S")


def _first(errors: BaseExceptionGroup[CommandCentreError]) -> CommandCentreError:
    first: BaseException = errors
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    assert isinstance(first, CommandCentreError)
    return first
