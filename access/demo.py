"""Accounts and a token for drills, so that a demonstration needs no set-up; worth nothing in service."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from access.accounts import Accounts
from access.tokens import Tokens
from core.actor import CITY, SYSTEM, Permission, Role
from core.errors import ConflictError

DEMO_PASSWORD = "storm-2026-0818"  # noqa: S105 - shown on the sign-in page of a drill, refused in service
GUANDU = "530111"
"""官渡区 Guandu district (GB/T 2260)."""
GUANSHANG, SAMPLE_COMMUNITY = "530111001", "530111001901"
"""关上街道 Guanshang Street and a made-up community of it (catalogue/areas/streets.geojson)."""

DEMO_UNIT = "sim-0001"
"""The first unit of the simulated shift: with its seed, on the embedded roads, a patrol car of Guandu."""

REPLAYER_PERMISSIONS = frozenset(
    {
        Permission.REPORT_READINGS,
        Permission.REPORT_POSITIONS,
        Permission.REPORT_STATUS,
        Permission.REGISTER_UNITS,
        Permission.READ_ASSIGNMENTS,
        Permission.SET_PASSABILITY,
        Permission.TAKE_CALL,
        Permission.RUN_DRILL,
    }
)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One demo account as the sign-in page shows it."""

    login: str
    password: str
    name_zh: str
    name_en: str
    role: Role
    jurisdiction: str = CITY
    unit_id: str | None = None


DEMO_ACCOUNTS: Sequence[DemoAccount] = (
    DemoAccount("wall", DEMO_PASSWORD, "大屏", "Wall", Role.WALL),
    DemoAccount("desk1", DEMO_PASSWORD, "值班员一", "Duty officer 1", Role.DUTY_OFFICER),
    DemoAccount("desk2", DEMO_PASSWORD, "值班员二", "Duty officer 2", Role.DUTY_OFFICER),
    DemoAccount("commander", DEMO_PASSWORD, "值班长", "Shift commander", Role.SHIFT_COMMANDER),
    DemoAccount("phone", DEMO_PASSWORD, "官渡区分中心", "Guandu sub-centre", Role.SUB_CENTRE, GUANDU),
    DemoAccount("street", DEMO_PASSWORD, "关上街道", "Guanshang Street", Role.STREET_CENTRE, GUANSHANG),
    DemoAccount(
        "community",
        DEMO_PASSWORD,
        "示例社区（合成）",
        "Sample community (synthetic)",
        Role.COMMUNITY,
        SAMPLE_COMMUNITY,
    ),
    DemoAccount(
        "patrol", DEMO_PASSWORD, "官渡-巡-0001", "Patrol 官渡-巡-0001", Role.FIELD_UNIT, GUANDU, DEMO_UNIT
    ),
    DemoAccount("analyst", DEMO_PASSWORD, "分析员", "Analyst", Role.ANALYST),
    DemoAccount("admin", DEMO_PASSWORD, "管理员", "Administrator", Role.ADMINISTRATOR),
)


def ensure_demo_accounts(accounts: Accounts) -> list[DemoAccount]:
    """Adds the demo accounts that do not exist yet; answers those that are usable with the demo password.

    Call it in a drill only. An account somebody made with the same name is left alone.
    """
    usable = []
    for demo in DEMO_ACCOUNTS:
        account = accounts.named(demo.login)
        if account is None:
            # Several processes may start at once: one adds the account, the others find it.
            with suppress(ConflictError):
                accounts.add(
                    SYSTEM.actor_id,
                    demo.login,
                    demo.name_zh,
                    demo.role,
                    demo.password,
                    demo.jurisdiction,
                    demo=True,
                    unit_id=demo.unit_id,
                )
            account = accounts.named(demo.login)
        if account and account.demo and account.disabled_at is None:
            usable.append(demo)
    return usable


def ensure_replayer_token(tokens: Tokens, data_dir: Path) -> Path:
    """The file, readable by its owner only, that holds a valid token for the replayer of a drill."""
    path = data_dir / "secrets" / "replayer-token"
    if path.exists() and tokens.resolve(path.read_text().strip()):
        return path
    text = tokens.create(SYSTEM.actor_id, "演练回放 replayer", REPLAYER_PERMISSIONS, demo=True)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
    return path
