"""Settings: what is refused and in which words, what is kept in the data folder."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bootstrap.settings import Settings, SettingsError, described, kept_secret, load_settings, variable


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)


def test_without_any_variable_it_is_a_drill_on_this_machine_only() -> None:
    settings = load_settings()
    assert (settings.mode, settings.host, settings.port) == ("drill", "127.0.0.1", 8050)
    assert settings.units == 1300
    assert settings.database_url is None


def test_three_variables_carry_no_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNITS", "5200")
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://u:p@db/c")
    monkeypatch.setenv("REDIS_URL", "redis://cache/0")
    settings = load_settings()
    assert settings.units == 5200
    assert settings.database_url == "postgresql://u:p@db/c"
    assert settings.redis_url == "redis://cache/0"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CC_PORT", "abc", "CC_PORT: found 'abc', expected a valid integer"),
        ("CC_PORT", "70000", "CC_PORT: found '70000', expected less than or equal to 65535"),
        ("CC_MODE", "test", "CC_MODE: found 'test', expected 'drill' or 'live'"),
        ("UNITS", "0", "UNITS: found '0', expected greater than or equal to 1"),
        ("CC_DRILL_SPEED", "601", "CC_DRILL_SPEED: found '601', expected less than or equal to 600"),
        ("CC_TILE_URL", "https://t/{x}", "expected a URL that contains {y}, {z} too"),
        ("CC_OIDC_ISSUER", "http://id.example", "expected a URL that starts with https://"),
        (
            "CC_OIDC_ISSUER",
            "https://id.example",
            "CC_OIDC_ROLES: found 'None', expected the file that gives the people",
        ),
    ],
)
def test_a_wrong_value_is_refused_with_what_was_found_and_expected(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert said in refused.value.message


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_PORT", "abc")
    monkeypatch.setenv("UNITS", "many")
    with pytest.raises(SettingsError, match=r"(?s)CC_PORT.*UNITS"):
        load_settings()


def test_the_ports_of_terminals_may_each_have_a_coordinate_system() -> None:
    settings = load_settings(jt808_ports="8808, 8809=GCJ-02")
    assert settings.jt808_listeners == [(8808, "WGS-84"), (8809, "GCJ-02")]
    for wrong in ("0", "80a", "8808=UTM", "8808;8809", "70000"):
        with pytest.raises(SettingsError, match="CC_JT808_PORTS"):
            load_settings(jt808_ports=wrong)
    with pytest.raises(SettingsError, match="CC_MQTT_URL"):
        load_settings(mqtt_url="http://broker")


def test_a_refused_url_is_shown_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://admin:hunter2@db/c")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert "db/c" in refused.value.message
    assert "hunter2" not in refused.value.message


def test_a_kept_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    key = kept_secret(tmp_path, "some-password")
    assert len(key) >= 32
    assert kept_secret(tmp_path, "some-password") == key
    assert stat.S_IMODE((tmp_path / "secrets" / "some-password").stat().st_mode) == 0o600


def test_a_kept_secret_leaves_no_draft(tmp_path: Path) -> None:
    assert kept_secret(tmp_path, "a") != kept_secret(tmp_path, "b")
    assert sorted(file.name for file in (tmp_path / "secrets").iterdir()) == ["a", "b"]


def test_every_setting_is_described() -> None:
    assert [row[0] for row in described() if not row[2]] == []
