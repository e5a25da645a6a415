"""What a deployment may set: read from the environment, validated once, refused in plain words."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, StringConstraints, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import CommandCentreError

REPOSITORY = Path(__file__).resolve().parent.parent
PREFIX = "CC_"
COORDINATE_SYSTEMS = ("WGS-84", "GCJ-02", "BD-09")

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class SettingsError(CommandCentreError):
    """A setting cannot be used; the message names each, what was found and what was expected."""

    code = "settings"
    status = 500


class Settings(BaseSettings):
    """Every setting, its default and its meaning; the variable is CC_ and the name, but for three."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, populate_by_name=True, extra="forbid"
    )

    data_dir: Path = Field(
        REPOSITORY / ".data",
        description="Folder of everything that is kept: databases, secrets, roads, logs.",
    )
    host: Text = Field("127.0.0.1", description="Address the web server listens on; 0.0.0.0 for every one.")
    port: int = Field(8050, ge=1, le=65535, description="TCP port of the web server.")
    mode: Literal["drill", "live"] = Field(
        "drill", description="drill replays a scenario in the scenario's own time; live uses the wall clock."
    )
    workers: int = Field(2, ge=1, le=64, description="How many RQ worker processes run on this machine.")
    units: int = Field(
        1300,
        ge=1,
        le=20_000,
        validation_alias="UNITS",
        description="Patrol units in the simulated shift of a drill; 5200 is the full force.",
    )
    drill_scenario: Text = Field("kunming-2026-08-18", description="Scenario that drill mode replays.")
    drill_speed: float = Field(
        5.0, ge=1, le=600, description="Seconds of the scenario in one second of the wall."
    )
    database_url: str | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL, postgresql://user:password@host:port/name; the embedded one when absent.",
    )
    redis_url: str | None = Field(
        None,
        validation_alias="REDIS_URL",
        description="Redis, redis://:password@host:port/0; the embedded one when absent.",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses of reverse proxies, comma-separated, whose X-Forwarded-* headers are believed.",
    )
    oidc_issuer: str | None = Field(
        None,
        description="The city's OpenID Connect provider, its issuer exactly; no such sign-in when absent.",
    )
    oidc_client_id: Text = Field("command-centre", description="What this system is called at the provider.")
    oidc_client_secret: SecretStr | None = Field(
        None, description="Its secret there; without one it is a public client, which PKCE protects alone."
    )
    oidc_roles: Path | None = Field(
        None,
        validate_default=True,
        description="YAML file of which claims give which role and jurisdiction (docs/access.md).",
    )
    oidc_scope: str = Field(
        "", description="Scopes asked for besides openid and profile, separated by spaces."
    )
    oidc_name: str = Field("", description="What the sign-in page calls the provider.")
    api_requests_s: int = Field(
        500,
        ge=1,
        le=1_000_000,
        description="Requests a second that one token or account may send to the API, twice as many at once.",
    )
    tile_url: str | None = Field(
        None, description="Tiles of a base map with {x}, {y} and {z}; the offline base map when absent."
    )
    tile_attribution: str = Field("", description="What the tile server's licence wants shown on the map.")
    scene_city_s: int = Field(
        45, ge=5, le=3600, description="Seconds that the wall shows the whole city before the next scene."
    )
    scene_district_s: int = Field(
        20, ge=5, le=3600, description="Seconds that the wall shows the district in trouble."
    )
    scene_incident_s: int = Field(
        20, ge=5, le=3600, description="Seconds that the wall shows the newest red incident."
    )
    catalogue_dir: Path = Field(
        REPOSITORY / "catalogue",
        description="Folder of what a city edits: points, categories, grading tables, rules, nets.",
    )
    road_network: Path | None = Field(
        None, description="Road network file from `app.py roads import`; the built one when absent."
    )
    gateway_host: Text = Field(
        "127.0.0.1", description="Address at which JT/T 808 terminals connect; 0.0.0.0 for every one."
    )
    jt808_ports: str = Field(
        "",
        description="TCP ports for JT/T 808 terminals, comma-separated, 8809=GCJ-02 for such ones; off when empty.",
    )
    mqtt_url: str | None = Field(
        None,
        description="Broker of OwnTracks phones, mqtt://user:password@host:1883 or mqtts://; off when absent.",
    )
    mqtt_topic: Text = Field("owntracks/+/+", description="MQTT topic of OwnTracks positions.")
    gateway_metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Port on 127.0.0.1 for the gateway's Prometheus counters; off when absent.",
    )
    track_days: int = Field(7, ge=1, le=3660, description="Days that the thinned tracks of units are kept.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe message that is logged."
    )
    city_name: Text = Field("昆明", description="Name of the city on the Chinese screens.")
    city_name_en: Text = Field("Kunming", description="Name of the city on the English screens.")

    @field_validator("data_dir", "catalogue_dir", "road_network", "oidc_roles")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path and path.expanduser().resolve()

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, url: str | None) -> str | None:
        # One spelling inside: psycopg knows no "+psycopg", and SQLAlchemy 2.1 needs none.
        return url and _with_scheme(url.replace("postgresql+psycopg://", "postgresql://", 1), "postgresql://")

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, url: str | None) -> str | None:
        return url and _with_scheme(url, "redis://", "rediss://", "unix://")

    @field_validator("jt808_ports")
    @classmethod
    def _is_list_of_ports(cls, text: str) -> str:
        for part in filter(None, text.split(",")):
            port, _, crs = part.strip().partition("=")
            if not (port.isdecimal() and 0 < int(port) <= 65535 and crs in ("", *COORDINATE_SYSTEMS)):
                raise ValueError(f"ports, each alone or with ={', ='.join(COORDINATE_SYSTEMS)}")
        return text

    @field_validator("mqtt_url")
    @classmethod
    def _is_mqtt(cls, url: str | None) -> str | None:
        return url and _with_scheme(url, "mqtt://", "mqtts://")

    @field_validator("oidc_issuer")
    @classmethod
    def _is_issuer(cls, url: str | None) -> str | None:
        # Plain http would hand the code to whoever listens: only on this machine, for a test.
        on_this_machine = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")
        return url if url is None or url.startswith(on_this_machine) else _with_scheme(url, "https://")

    @field_validator("oidc_roles")
    @classmethod
    def _gives_roles(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        if path is None and info.data.get("oidc_issuer"):
            raise ValueError("the file that gives the people of CC_OIDC_ISSUER their roles")
        return path

    @field_validator("tile_url")
    @classmethod
    def _is_tile_template(cls, url: str | None) -> str | None:
        missing = [part for part in ("{x}", "{y}", "{z}") if url and part not in url]
        if missing:
            raise ValueError(f"a URL that contains {', '.join(missing)} too")
        return url and _with_scheme(url, "https://", "http://", "/")

    @property
    def jt808_listeners(self) -> list[tuple[int, str]]:
        """(port, coordinate system) of each JT/T 808 listener."""
        parts = [part.strip().partition("=") for part in self.jt808_ports.split(",") if part.strip()]
        return [(int(port), crs or COORDINATE_SYSTEMS[0]) for port, _, crs in parts]

    @property
    def has_gateway(self) -> bool:
        """Whether anything is set that the gateway listens to."""
        return bool(self.jt808_listeners or self.mqtt_url)

    @property
    def web_host(self) -> str:
        """Address at which this machine reaches the web server."""
        return "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 (compared, not bound)

    @property
    def web_url(self) -> str:
        """Where a browser on this machine finds the web server."""
        return f"http://{self.web_host}:{self.port}"


def load_settings(**given: Any) -> Settings:
    """Settings from the environment, `given` ones first. Raises SettingsError that names every wrong one."""
    try:
        return Settings(**given)
    except ValidationError as error:
        wrong = [
            f"  {variable(str(e['loc'][0]))}: found {_shown(e)}, expected {_expected(e)}"
            for e in error.errors()
        ]
        raise SettingsError("\n".join(["these settings cannot be used:", *wrong])) from error


def variable(name: str) -> str:
    """Environment variable of the setting `name` (a field's name or already its variable)."""
    field = Settings.model_fields.get(name)
    if field is None:
        return name
    return str(field.validation_alias or PREFIX + name.upper())


def described() -> list[tuple[str, str, str]]:
    """(variable, default, description) of every setting, for the documentation and the test that holds it."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = _default(field.default)
        rows.append((variable(name), default, field.description or ""))
    return rows


def _default(value: Any) -> str:
    """A default as the documentation shows it: folders of the repository relative to it."""
    if isinstance(value, Path) and value.is_relative_to(REPOSITORY):
        return str(value.relative_to(REPOSITORY))
    return "" if value is None else str(value)


def kept_secret(data_dir: Path, name: str) -> str:
    """The random secret `name` of this data folder, readable by its owner only; made when it is absent.

    Several processes may ask at once: a finished file is linked into place, so all get the same one.
    """
    folder = data_dir / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        draft = folder / f".{name}.{secrets.token_hex(4)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
        with suppress(FileExistsError):  # another process was first: its secret is the one
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text().strip()


def _with_scheme(url: str, *schemes: str) -> str:
    if not url.startswith(schemes):
        raise ValueError(f"a URL that starts with {' or '.join(schemes)}")
    return url


def _shown(error: Any) -> str:
    # A URL may hold a password: only what comes after it is shown.
    field = variable(str(error["loc"][0]))
    found = str(error["input"])
    if field.endswith("_URL"):
        return repr(found.split("@")[-1][:60])
    return repr(found)


def _expected(error: Any) -> str:
    message = str(error["msg"])
    for prefix in ("Value error, ", "Input should be "):
        message = message.removeprefix(prefix)
    return message
