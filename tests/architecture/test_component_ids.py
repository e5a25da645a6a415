"""Component ids are `face-noun-part`, unique, stand in one file, and the scripts use only names from it."""

from __future__ import annotations

import re
from pathlib import Path

from dashboard.ids import Analysis, Desk, HandOver, Phone, Replay, Wall, as_json

ROOT = Path(__file__).resolve().parents[2]
FACES = {
    "wall": Wall,
    "desk": Desk,
    "phone": Phone,
    "analysis": Analysis,
    "replay": Replay,
    "handover": HandOver,
}


def test_ids_are_face_noun_part_and_unique() -> None:
    seen = []
    for face, ids in FACES.items():
        for name, component_id in as_json(ids).items():
            assert re.fullmatch(rf"{face}-[a-z]+-[a-z]+", component_id), name
            seen.append(component_id)
    assert len(seen) == len(set(seen))


def test_no_id_is_written_out_anywhere_else() -> None:
    known = {component_id for ids in FACES.values() for component_id in as_json(ids).values()}
    files = [f for f in (ROOT / "dashboard").rglob("*.py") if f.name != "ids.py"]
    for file in [*files, *(ROOT / "assets").glob("*.js"), *(ROOT / "assets").glob("*.css")]:
        text = file.read_text(encoding="utf-8")
        assert [i for i in known if re.search(rf"[\"'#`]{i}\b", text)] == [], file.name
        if file.parent.name == "layouts":
            assert re.findall(r'\bid=["\']', text) == [], file.name


def test_the_scripts_use_names_that_exist() -> None:
    known = {name for ids in FACES.values() for name in as_json(ids)}
    for file in (ROOT / "assets").glob("*.js"):
        text = file.read_text(encoding="utf-8")
        used = set(re.findall(r"\bcc\.ids\.([A-Z_]+)", text))
        used |= set(re.findall(r'\bcc\.call\("([A-Z_]+)"', text))
        used |= {f"ASK_{name}" for name in re.findall(r'\bcc\.(?:ask|lookUp)\("([A-Z_]+)"', text)}
        assert used <= known, (file.name, used - known)


def test_what_the_feed_draws_has_a_place_on_its_face() -> None:
    table = (ROOT / "assets" / "base-views.js").read_text(encoding="utf-8")
    table = table[table.index("const SHOWS = {") : table.index("  };", table.index("const SHOWS = {"))]
    faces = re.split(r"^    (\w+): \{$", table, flags=re.MULTILINE)[1:]
    names = {"wall": "Wall", "desk": "Desk", "m": "Phone", "replay": "Replay"}
    assert set(faces[::2]) == set(names)
    known = {ids.__name__: as_json(ids) for ids in FACES.values()}
    for face, shows in zip(faces[::2], faces[1::2], strict=True):
        drawn = set(re.findall(r"\b([A-Z_]+): \[", shows))
        assert drawn, face
        assert drawn <= set(known[names[face]]), face


def test_every_component_of_a_face_is_placed_on_it() -> None:
    """Ids that no layout or callback names are left over."""
    text = "\n".join(f.read_text(encoding="utf-8") for f in (ROOT / "dashboard").rglob("*.py"))
    for ids in FACES.values():
        for member in ids:
            asked = member.name.startswith(
                ("LIVE_", "ASK_", "OUTCOME")
            )  # what scripts ask stands in no layout
            assert asked or f"{ids.__name__}.{member.name}" in text, member
