"""Coordinates as people paste them: either order, decimal or degrees, minutes and seconds, with or without letters."""

from __future__ import annotations

import re
import unicodedata

from core.errors import InvalidInputError
from core.geo import LonLat
from dashboard.language import t

FRAMES = ("WGS-84", "GCJ-02", "BD-09")
_FRAME_WORDS = {
    "GCJ-02": re.compile(r"gcj-?\s?02|amap|gaode|高德|qq\.com|腾讯|火星", re.IGNORECASE),
    "BD-09": re.compile(r"bd-?\s?09|baidu|百度", re.IGNORECASE),
    "WGS-84": re.compile(r"wgs-?\s?84|cgcs-?\s?2000|gps|北斗|天地图|tianditu", re.IGNORECASE),
}
_IN_AN_ADDRESS = re.compile(r"(-?\d{1,3}\.\d{3,})\s*(?:,|%2c|%20|\s)\s*(-?\d{1,3}\.\d{3,})", re.IGNORECASE)
"""Two decimals side by side in the address of a map, among zoom levels and versions."""
_ANGLE = re.compile(
    r"(?P<before>[NSEW])?\s*(?P<degrees>-?\d+(?:\.\d+)?)\s*"
    r"(?:[°度]\s*(?:(?P<minutes>\d+(?:\.\d+)?)\s*[′'’分]\s*(?:(?P<seconds>\d+(?:\.\d+)?)\s*(?:[″\"”秒]|'')?)?)?)?"
    r"\s*(?P<after>[NSEW])?",
    re.IGNORECASE,
)
_LETTERS = {"北纬": "N", "南纬": "S", "东经": "E", "西经": "W", "″": '"', "′": "'"}
_SIX_NUMBERS = re.compile(
    r"(\d+)[\s:-]+(\d+)[\s:-]+(\d+(?:\.\d+)?)\s*([NSEW])?[\s,;]+(\d+)[\s:-]+(\d+)[\s:-]+(\d+(?:\.\d+)?)\s*([NSEW])?"
)


def pasted_place(text: str) -> LonLat:
    """The two angles in the text; the one above 60 degrees is the longitude (all of China lies so).

    Still in the frame it was pasted in. Raises InvalidInputError with what was found.
    """
    angles = _angles(_plain(text))
    if len(angles) == 2:
        (low, low_letter), (high, high_letter) = sorted(angles)
        if 0 <= low <= 60 < high <= 180 and low_letter in ("", "N") and high_letter in ("", "E"):
            return LonLat(high, low)
    raise InvalidInputError(
        t("坐标应为经度和纬度两个数，收到“{text}”", text=text.strip()[:60]), field="coordinates"
    )


def looks_like_a_place(text: str) -> bool:
    """Whether these are coordinates and not a name."""
    try:
        pasted_place(text)
    except InvalidInputError:
        return False
    return True


def frame_named(text: str) -> str | None:
    """The frame that the text names, or whose map it is an address of."""
    return next((frame for frame, words in _FRAME_WORDS.items() if words.search(text)), None)


def written(place: LonLat) -> str:
    """A place as it is read out: latitude first, as on every handheld device."""
    return f"{place.lat:.5f}° N, {place.lon:.5f}° E"


def _plain(text: str) -> str:
    """One spelling of digits and signs, without the names of frames: those hold numbers of their own."""
    for chinese, letter in _LETTERS.items():
        text = text.replace(chinese, letter)
    text = unicodedata.normalize("NFKC", text)
    for words in _FRAME_WORDS.values():
        text = words.sub(" ", text)
    return text


def _angles(text: str) -> list[tuple[float, str]]:
    """Degrees with the letter that stands with them, in the order written."""
    if "://" in text and (side_by_side := _IN_AN_ADDRESS.search(text)):
        return [(float(number), "") for number in side_by_side.groups()]
    if (apart := _SIX_NUMBERS.fullmatch(text.strip().upper())) is not None:
        d1, m1, s1, a1, d2, m2, s2, a2 = apart.groups()
        return [(_degrees(d1, m1, s1), a1 or ""), (_degrees(d2, m2, s2), a2 or "")]
    found = []
    for angle in _ANGLE.finditer(text):
        letter = (angle["before"] or angle["after"] or "").upper()
        found.append((_degrees(angle["degrees"], angle["minutes"], angle["seconds"]), letter))
    return found


def _degrees(degrees: str, minutes: str | None, seconds: str | None) -> float:
    return float(degrees) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
