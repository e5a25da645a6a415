"""Which processes make up one machine, in which order; a taken port is said plainly."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from bootstrap.run_all import processes, require_free_port, welcome
from bootstrap.settings import load_settings
from bootstrap.supervisor import SupervisionError

CITY = {"database_url": "postgresql://u:p@db/c", "redis_url": "redis://cache/0"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_the_order_is_tables_roads_web_workers_scheduler_drill(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, port=free_port(), workers=2, **CITY)
    urls: dict[str, str] = {}
    specs = list(processes(settings, urls))
    names = [spec.name for spec in specs]
    assert names == ["migrate", "roads", "web", "worker-1", "worker-2", "scheduler", "drill"]
    assert urls == CITY
    assert all(spec.env["DATABASE_URL"] == CITY["database_url"] for spec in specs)


def test_live_mode_has_no_drill_and_a_citys_own_network_is_not_built(tmp_path: Path) -> None:
    settings = load_settings(
        data_dir=tmp_path, port=free_port(), mode="live", road_network=tmp_path / "r.npz", **CITY
    )
    names = [spec.name for spec in processes(settings, {})]
    assert "drill" not in names
    assert "roads" not in names


def test_the_gateway_is_there_when_something_is_set_for_it_to_listen_to(tmp_path: Path) -> None:
    def names(**given: str) -> list[str]:
        settings = load_settings(data_dir=tmp_path, port=free_port(), **CITY, **given)
        return [spec.name for spec in processes(settings, {})]

    assert "gateway" not in names()
    assert "gateway" in names(jt808_ports="8808")
    assert "gateway" in names(mqtt_url="mqtt://broker")


def test_a_taken_port_is_refused_with_how_to_change_it() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SupervisionError, match=f"port {port} .* is taken .*CC_PORT={port + 1} make run"):
            require_free_port(load_settings(port=port))


def test_every_face_that_a_person_can_open_is_told_with_its_address(tmp_path: Path) -> None:
    said = "\n".join(welcome(load_settings(data_dir=tmp_path, port=8123), []))
    for face in ("wall", "desk", "m", "analysis", "replay", "handover"):
        assert f"http://127.0.0.1:8123/{face}/" in said
