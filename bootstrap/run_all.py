"""Everything on one machine: which processes there are, in which order, and what a person is told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from bootstrap.child import ChildSpec, Say
from bootstrap.embedded import embedded_postgres, embedded_redis
from bootstrap.health import gateway_listens, port_is_free, web_answers
from bootstrap.settings import REPOSITORY, Settings
from bootstrap.supervisor import SupervisionError, Supervisor

FACES = (
    ("wall", "指挥大屏 wall"),
    ("desk", "值班台 desk"),
    ("m", "分中心手机 phone"),
    ("analysis", "预警分析 analysis"),
    ("replay", "回放 replay"),
    ("handover", "交接班 hand-over"),
)


class DemoAccount(NamedTuple):
    """A sign-in that a person may use at once; `role` in both languages."""

    user: str
    password: str
    role: str


def run_all(settings: Settings, demo_accounts: Callable[[Settings], Sequence[DemoAccount]]) -> None:
    """Start everything and keep it until Ctrl-C.

    `demo_accounts` is called once, with both URLs set, when everything is up. Raises AlreadyRunningError, or
    SupervisionError when a part does not start.
    """
    urls: dict[str, str] = {}

    def announce(say: Say) -> None:
        accounts = demo_accounts(settings.model_copy(update=urls))
        for line in welcome(settings, accounts):
            say(line)

    Supervisor(settings.data_dir).run(processes(settings, urls), announce)


def processes(settings: Settings, urls: dict[str, str]) -> Iterator[ChildSpec]:
    """The children in the order of their start; puts database_url and redis_url into `urls` on the way."""
    require_free_port(settings)
    urls["database_url"], urls["redis_url"] = settings.database_url or "", settings.redis_url or ""
    if settings.database_url is None:
        postgres = embedded_postgres(settings)
        urls["database_url"] = postgres.url
        yield postgres.child()
    if settings.redis_url is None:
        redis = embedded_redis(settings)
        urls["redis_url"] = redis.url
        yield redis.child()

    env = {
        "DATABASE_URL": urls["database_url"],
        "REDIS_URL": urls["redis_url"],
        "CC_DATA_DIR": str(settings.data_dir),
        "CC_CATALOGUE_DIR": str(settings.catalogue_dir),
        "PYTHONUNBUFFERED": "1",
    }

    def role(name: str, title: str, *arguments: str, **treatment: Any) -> ChildSpec:
        return ChildSpec(
            name, (sys.executable, str(REPOSITORY / "app.py"), *arguments), title, env, **treatment
        )

    yield role("migrate", "数据表 tables", "migrate", kind="step", console="all")
    if settings.road_network is None:
        yield role(
            "roads", "路网 road network", "roads", "build", kind="step", console="all", ready_within_s=600
        )
    yield role("web", "网站 web", "web", ready=lambda: web_answers(settings.web_host, settings.port))
    for number in range(1, settings.workers + 1):
        name = f"worker-{number}"
        yield role(name, f"规则与派警 {name}", "worker", "--name", name)
    yield role("scheduler", "定时 scheduler", "scheduler")
    if settings.has_gateway:
        yield role("gateway", "接入网关 gateway", "gateway", ready=lambda: gateway_listens(settings))
    if settings.mode == "drill":
        scenario = settings.drill_scenario
        yield role("drill", f"演练 drill {scenario}", "drill", scenario, kind="task")


def require_free_port(settings: Settings) -> None:
    """Raises SupervisionError that says how to choose another port when something else listens on ours."""
    if not port_is_free(settings.host, settings.port):
        raise SupervisionError(
            f"port {settings.port} on {settings.host} is taken by another program. "
            f"Stop that one, or choose another port: CC_PORT={settings.port + 1} make run"
        )


def welcome(settings: Settings, accounts: Sequence[DemoAccount]) -> list[str]:
    """What is said when everything is up: where the faces are, and who may sign in."""
    lines = ["", "系统已就绪 Everything is running"]
    lines += [f"  {title:<12} {settings.web_url}/{path}/" for path, title in FACES]
    if accounts:
        lines.append("演示账号 Demo sign-in")
        lines += [f"  {account.user:<12} {account.password:<16} {account.role}" for account in accounts]
    return [*lines, f"日志 logs {settings.data_dir / 'logs'}", "Ctrl-C 停止 stops everything", ""]
