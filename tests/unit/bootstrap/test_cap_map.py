"""What a city writes about CAP: read as it stands, or refused with place, found and expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.model import Severity
from bootstrap.cap_map import CapMapError, load_cap_map
from bootstrap.catalogue import CATALOGUE_DIR
from operations.cap import CAP_SEVERITY, CapCategory, CapInfo, CapSeverity
from tests.cap_made import message

SHIPPED = (CATALOGUE_DIR / "cap.yaml").read_text(encoding="utf-8")


def written(folder: Path, text: str) -> Path:
    (folder / "cap.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("radius_km: 0.5", "radius_km: wide", "radius_km: found 'wide'"),
        ("sender: command-centre.kunming.example", "sender: a b", "sender: found 'a b'"),
        ("public: true", "public: perhaps", "wordings.waterlogging.public: found 'perhaps'"),
        ("[Met, Transport]", "[Weather]", "wordings.waterlogging.categories.0: found 'Weather'"),
        ("otherwise:", "whatever:", "whatever: found 'other_warning'"),
        ("source: proposed", "source: [", "no valid YAML"),
    ],
)
def test_a_wrong_file_is_refused_with_what_was_found(
    tmp_path: Path, before: str, after: str, told: str
) -> None:
    with pytest.raises(CapMapError) as caught:
        load_cap_map(written(tmp_path, SHIPPED.replace(before, after, 1)))
    assert told in caught.value.message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CapMapError, match=r"cap\.yaml: found no file"):
        load_cap_map(tmp_path)


@pytest.mark.parametrize(
    ("fields", "category"),
    [
        ({"event": "暴雨橙色预警"}, "rainstorm"),
        ({"event": "Flash FLOOD Watch"}, "waterlogging"),
        ({"event": "大雾", "event_codes": (("CN", "11B03"),)}, "rainstorm"),
        ({"event": "大雾", "categories": (CapCategory.HEALTH,)}, "medical"),
        ({"event": "大雾"}, "other_warning"),
    ],
)
def test_an_event_of_others_is_given_a_category_by_code_then_word_then_kind(
    fields: dict[str, object], category: str
) -> None:
    plain: dict[str, object] = {name: getattr(message().infos[0], name) for name in CapInfo.__slots__}
    info = CapInfo(**{**plain, **fields})  # type: ignore[arg-type]
    assert load_cap_map(CATALOGUE_DIR).category_of((info,)) == category


def test_every_colour_has_a_severity_of_its_own() -> None:
    assert set(CAP_SEVERITY) == set(Severity)
    assert set(CAP_SEVERITY.values()) == set(CapSeverity) - {CapSeverity.UNKNOWN}
