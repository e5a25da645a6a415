"""The one entry point: everything here, or one role. Imports wait until a command needs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ParamSpec

import typer

from core.actor import CITY
from core.errors import CommandCentreError, InvalidInputError, NotFoundError
from core.geo import BoundingBox

if TYPE_CHECKING:
    from bootstrap.settings import Settings

P = ParamSpec("P")

app = typer.Typer(
    help="城市应急指挥中心 City command centre. Without a command: run.",
    invoke_without_command=True,
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)
roads = typer.Typer(help="The road network: build the embedded one, import a real one, look at it.")
grids = typer.Typer(help="The management grids that coverage is counted in.")
user = typer.Typer(help="Who may sign in.")
token = typer.Typer(help="Which devices and systems may send to the intake.")
catalogue = typer.Typer(help="What the city edits: categories, grading tables, rules, points.")
cap = typer.Typer(help="Warnings of others, as CAP messages.")
app.add_typer(roads, name="roads", no_args_is_help=True)
app.add_typer(grids, name="grids", no_args_is_help=True)
app.add_typer(user, name="user", no_args_is_help=True)
app.add_typer(token, name="token", no_args_is_help=True)
app.add_typer(catalogue, name="catalogue", no_args_is_help=True)
app.add_typer(cap, name="cap", no_args_is_help=True)

Reason = Annotated[str, typer.Option(help="Why, for the journal.")]
NewPassword = Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)]
Jurisdiction = Annotated[str, typer.Option(help="District that it is limited to; the whole city by default.")]


def plainly(command: Callable[P, None]) -> Callable[P, None]:
    """What we refuse ourselves is said in one message and exit code 1, without a traceback."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except CommandCentreError as error:
            typer.secho(error.message, fg="red", err=True)
            raise typer.Exit(1) from error

    return guarded


def _settings() -> Settings:
    from bootstrap.settings import load_settings

    return load_settings()


def _settings_with_servers() -> Settings:
    from bootstrap.embedded import with_servers

    return with_servers(_settings())


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


def _print_progress(message: str, fraction: float) -> None:
    typer.echo(f"{fraction:>4.0%}  {message}")


def _bounding_box(text: str) -> BoundingBox:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InvalidInputError(
            f"--bbox: found {text!r}, expected west,south,east,north in degrees"
        ) from error
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise InvalidInputError(f"--bbox: found {text!r}, expected west < east and south < north in degrees")
    return BoundingBox(west, south, east, north)


@app.callback()
@plainly
def without_command(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        run()


@app.command()
@plainly
def run() -> None:
    """Everything on this machine under one supervisor, with the storm. Ctrl-C ends it."""
    from bootstrap.run_all import run_all
    from bootstrap.users import demo_accounts

    run_all(_settings(), demo_accounts)


@app.command()
@plainly
def web() -> None:
    """The web server alone: wall, desk, phone and the intake API."""
    from bootstrap.web import serve

    serve(_settings_with_servers())


@app.command()
@plainly
def worker(name: Annotated[str, typer.Option(help="Name of this worker, unique.")] = "worker-1") -> None:
    """One RQ worker alone: rules and dispatch computation."""
    from bootstrap.worker import work

    work(_settings_with_servers(), name)


@app.command()
@plainly
def gateway() -> None:
    """The gateway alone: JT/T 808 terminals over TCP, OwnTracks phones over MQTT."""
    from bootstrap.gateway import serve

    serve(_settings_with_servers())


@app.command()
@plainly
def scheduler() -> None:
    """The scheduler alone: what must happen at its time, and work that was lost found again."""
    from bootstrap.scheduler import tick_forever

    tick_forever(_settings_with_servers())


@app.command()
@plainly
def drill(
    name: Annotated[str, typer.Argument(help="Scenario, for example kunming-2026-08-18.")],
    speed: Annotated[
        float | None, typer.Option(min=1, max=600, help="Scenario seconds a second; default CC_DRILL_SPEED.")
    ] = None,
    units: Annotated[
        int | None, typer.Option(min=1, help="Patrol units in the shift; default UNITS.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same shift.")] = 1,
    start_at: Annotated[
        datetime | None, typer.Option(help="Instant to begin at; the scenario's beginning when absent.")
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="From the beginning, even if it runs.")] = False,
) -> None:
    """Replay a scenario through the public intake API, with a simulated patrol shift."""
    from bootstrap.drill import run as replay

    settings = _settings_with_servers()
    replay(
        settings,
        name,
        speed=speed or settings.drill_speed,
        units=units or settings.units,
        seed=seed,
        start_at=start_at,
        restart=restart,
    )


@app.command("drill-clock")
@plainly
def drill_clock(
    pause: Annotated[bool, typer.Option("--pause", help="Let the scenario's time stand.")] = False,
    speed: Annotated[float | None, typer.Option(min=1, max=600, help="Scenario seconds a second.")] = None,
    seek: Annotated[str | None, typer.Option(help="Go to 11:00, 11:00:30 or an ISO instant.")] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Go to the scenario's beginning.")] = False,
) -> None:
    """Pause, speed up or move the clock of the drill that is running."""
    from bootstrap.drill import control

    control(_settings_with_servers(), pause=pause, speed=speed, seek=seek, restart=restart)


@app.command()
@plainly
def migrate() -> None:
    """Bring the tables of the database to what this version needs."""
    from bootstrap.wiring import migrate as upgrade

    upgrade(_settings_with_servers())


@roads.command("build")
@plainly
def roads_build(
    again: Annotated[bool, typer.Option(help="Build even when a current one is there.")] = False,
) -> None:
    """Build the embedded network (synthetic, from public knowledge) unless a current one is there."""
    from roads.commands import build_embedded, is_current

    folder = _settings().data_dir
    if not again and is_current(folder):
        return
    folder.mkdir(parents=True, exist_ok=True)
    build_embedded(folder, _print_progress)


@roads.command("import")
@plainly
def roads_import(
    file: Annotated[Path, typer.Argument(help="An OpenStreetMap extract, .osm.pbf.")],
    bbox: Annotated[
        str | None, typer.Option(help="west,south,east,north in WGS-84 degrees; the whole file when absent.")
    ] = None,
) -> None:
    """Build the network from an OpenStreetMap extract."""
    from roads.commands import import_file

    folder = _settings().data_dir
    folder.mkdir(parents=True, exist_ok=True)
    import_file(file, _bounding_box(bbox) if bbox else None, folder, _print_progress)


@roads.command("learn")
@plainly
def roads_learn(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Fixes of units, CSV: unit_id,fixed_at,lon,lat in WGS-84; recorded tracks when absent."
        ),
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="So many days of recorded tracks.")] = 30,
) -> None:
    """Learn from units' own tracks how fast each road is at each hour; workers take it up by themselves."""
    from bootstrap.learning import learn_from_tracks
    from roads.commands import learn, network_path

    if file is None:
        learn_from_tracks(_settings_with_servers(), days, _print_progress)
        return
    settings = _settings()
    learn(file, settings.road_network or network_path(settings.data_dir), _print_progress)


@roads.command("info")
@plainly
def roads_info() -> None:
    """What the network in use holds and where it is from."""
    from roads.commands import info, network_path

    settings = _settings()
    path = settings.road_network or network_path(settings.data_dir)
    if not path.exists():
        raise NotFoundError(f"found no road network at {path}; make one with `python app.py roads build`")
    _print(f"{name:<20} {value}" for name, value in {"file": path, **info(path)}.items())


@catalogue.command("check")
@plainly
def catalogue_check(
    folder: Annotated[Path | None, typer.Argument(help="The one in use when absent.")] = None,
) -> None:
    """Validate a catalogue folder and say what it holds; nothing is changed."""
    from bootstrap.catalogue import load_catalogue
    from bootstrap.catalogue.summary import summary_of

    _print(summary_of(load_catalogue(folder or _settings().catalogue_dir)))


@grids.command("import")
@plainly
def grids_import(
    file: Annotated[Path, typer.Argument(help="The city's grids, GeoJSON in WGS-84: docs/deployment.md.")],
) -> None:
    """Put a city's own grids in place of the synthetic ones; takes effect when web and workers start again."""
    from roads.grids import grids_info as info
    from roads.grids import import_grids

    folder = _settings().data_dir
    import_grids(file, folder)
    _print(f"{name:<20} {value}" for name, value in info(folder).items())


@grids.command("info")
@plainly
def grids_info() -> None:
    """What the grids in use are: file, synthetic or not, how many in each district."""
    from roads.grids import grids_info as info

    _print(f"{name:<20} {value}" for name, value in info(_settings().data_dir).items())


@user.command("add")
@plainly
def user_add(
    name: Annotated[str, typer.Argument(help="Sign-in name.")],
    role: Annotated[str, typer.Option(help="Role of the permission table.")],
    password: NewPassword,
    jurisdiction: Jurisdiction = CITY,
    unit: Annotated[
        str | None, typer.Option(help="For a field_unit: the id of the unit it speaks for.")
    ] = None,
) -> None:
    """Add a person who may sign in."""
    from bootstrap.users import add

    _print(
        add(
            _settings_with_servers(),
            name,
            role=role,
            password=password,
            jurisdiction=jurisdiction,
            unit_id=unit,
        )
    )


@user.command("unit")
@plainly
def user_unit(
    name: Annotated[str, typer.Argument(help="Sign-in name of a field unit's account.")],
    unit: Annotated[str | None, typer.Argument(help="Id of its unit; none takes the tie away.")] = None,
) -> None:
    """Say which unit a field unit's account speaks for; every session of it ends."""
    from bootstrap.users import set_unit

    _print(set_unit(_settings_with_servers(), name, unit))


@user.command("list")
@plainly
def user_list() -> None:
    """Everyone who may sign in, with role and state."""
    from bootstrap.users import listing

    _print(listing(_settings_with_servers()))


@user.command("passwd")
@plainly
def user_passwd(name: Annotated[str, typer.Argument(help="Sign-in name.")], password: NewPassword) -> None:
    """Give a person a new password; every session of theirs ends."""
    from bootstrap.users import set_password

    _print(set_password(_settings_with_servers(), name, password=password))


@user.command("disable")
@plainly
def user_disable(name: Annotated[str, typer.Argument(help="Sign-in name.")], reason: Reason = "") -> None:
    """Bar a person from signing in; every session of theirs ends, their record stays."""
    from bootstrap.users import disable

    _print(disable(_settings_with_servers(), name, reason=reason))


@user.command("sessions")
@plainly
def user_sessions(name: Annotated[str, typer.Argument(help="Sign-in name.")]) -> None:
    """A person's signed-in browsers: since when and from where."""
    from bootstrap.users import sessions

    _print(sessions(_settings_with_servers(), name))


@user.command("sign-out")
@plainly
def user_sign_out(
    name: Annotated[str, typer.Argument(help="Sign-in name.")],
    reason: Reason,
    session: Annotated[
        str | None, typer.Option(help="One of `user sessions`; all of them without it.")
    ] = None,
) -> None:
    """End a person's sessions at once, open screens included; they may sign in again."""
    from bootstrap.users import sign_out

    _print(sign_out(_settings_with_servers(), name, reason=reason, session=session))


@token.command("create")
@plainly
def token_create(
    name: Annotated[str, typer.Argument(help="Which device or system it is for.")],
    permission: Annotated[list[str], typer.Option(help="What it may do; repeat for more.")],
    jurisdiction: Jurisdiction = CITY,
) -> None:
    """Make a device token; it is shown this once."""
    from bootstrap.users import create_token

    _print(create_token(_settings_with_servers(), name, permission, jurisdiction))


@token.command("list")
@plainly
def token_list() -> None:
    """Every device token, without its secret."""
    from bootstrap.users import list_tokens

    _print(list_tokens(_settings_with_servers()))


@token.command("revoke")
@plainly
def token_revoke(
    token_id: Annotated[str, typer.Argument(help="Its id, as `token list` shows it.")], reason: Reason = ""
) -> None:
    """End a device token."""
    from bootstrap.users import revoke_token

    _print(revoke_token(_settings_with_servers(), token_id, reason=reason))


@cap.command("check")
@plainly
def cap_check(
    path: Annotated[
        Path, typer.Argument(metavar="FILE_OR_FOLDER", help="A CAP message, or a folder of them.")
    ],
) -> None:
    """Read CAP messages as the intake would: each with what was noticed, or with why it is refused."""
    from notify.cap_check import check

    _print(check(path))


if __name__ == "__main__":
    app()
