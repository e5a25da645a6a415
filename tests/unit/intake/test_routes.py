"""What the routes answer to what makes sense."""

from __future__ import annotations

from typing import Any

import pytest

from intake.bodies import MOST_READINGS
from intake.counters import IntakeCounters

AT = "2026-08-18T09:20:00+08:00"


def test_a_batch_says_what_became_of_each_part(client: Any, city: Any, counters: IntakeCounters) -> None:
    sent = [
        {"point_id": "P1", "observed_at": AT, "depth_cm": 10},
        {"point_id": "P1", "observed_at": AT, "depth_cm": 10},
        {"point_id": "nowhere", "observed_at": AT, "depth_cm": 10},
        {"point_id": "P2", "observed_at": AT, "depth_cm": -3},
        {"point_id": "P2", "observed_at": "2026-08-18T10:20:00+08:00", "depth_cm": 3},
    ]
    answer = client.post("/api/v1/readings", json={"readings": sent}).json()
    assert (answer["accepted"], answer["duplicates"]) == (1, 1)
    assert [item["reason"] for item in answer["quarantined"]] == ["unknown-point", "implausible", "future"]
    assert answer["quarantined"][0]["item"]["point_id"] == "nowhere"
    text = counters.exposition().decode()
    assert 'intake_accepted_total{route="/api/v1/readings"} 1.0' in text
    assert 'intake_quarantined_total{reason="future",route="/api/v1/readings"} 1.0' in text
    again = client.post("/api/v1/readings", json={"readings": sent[:1]}).json()
    assert again == {"accepted": 0, "duplicates": 1, "quarantined": []}


def test_one_reading_too_many_refuses_the_batch(client: Any) -> None:
    many = [{"point_id": "P1", "observed_at": AT, "depth_cm": 1}] * (MOST_READINGS + 1)
    answer = client.post("/api/v1/readings", json={"readings": many})
    assert answer.status_code == 422
    assert "5000" in answer.json()["detail"]


def position(unit_id: str = "U1", **changes: Any) -> dict[str, Any]:
    return {
        "unit_id": unit_id,
        "lon": 102.7146,
        "lat": 25.0492,
        "heading_deg": 360,
        "speed_kmh": 31.5,
        "fixed_at": AT,
        **changes,
    }


def test_positions_are_converted_and_the_senseless_ones_put_aside(client: Any, city: Any) -> None:
    sent = [position("U1"), position("nobody"), position("U2", lon=116.4, lat=39.9)]
    answer = client.post("/api/v1/positions", json={"crs": "GCJ-02", "positions": sent}).json()
    assert (answer["accepted"], answer["stale"]) == (1, 0)
    assert [item["reason"] for item in answer["quarantined"]] == ["unknown-unit", "outside-city"]
    assert city.fixes["U1"].place.lon == pytest.approx(102.7132, abs=0.0003)
    assert city.fixes["U1"].heading_deg == 0


def test_a_unit_registered_elsewhere_is_known_after_the_next_look(
    client: Any, city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake.known_units.ASK_AGAIN_AFTER_S", 0.0)
    body = {"crs": "WGS-84", "positions": [position("new")]}
    assert client.post("/api/v1/positions", json=body).json()["accepted"] == 0
    city.unit_ids.append("new")
    assert client.post("/api/v1/positions", json=body).json()["accepted"] == 1


def test_a_passability_report_about_no_point_is_that_problem(client: Any) -> None:
    report = {"point_id": "nowhere", "passability": "closed", "observed_at": AT, "source": "交警 10:15"}
    answer = client.post("/api/v1/passability", json=[report])
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_the_clock_says_how_the_city_s_time_runs(client: Any) -> None:
    clock = client.get("/api/v1/clock").json()
    assert (clock["now"], clock["mode"], clock["speed"]) == ("2026-08-18T02:00:00+00:00", "drill", 1.0)


def test_the_description_is_complete_and_names_no_other_server(client: Any) -> None:
    described = client.get("/api/v1/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    text = client.get("/api/v1/openapi.json").text
    known = set(described["components"]["schemas"])
    used = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert used <= known
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (method, path)
            assert ("requestBody" in operation) == (method in ("post", "put")), (method, path)


def test_health_is_only_whether_the_process_answers(client: Any, city: Any) -> None:
    city.database_away = True
    assert client.get("/api/v1/health").json() == {"status": "ok"}
