"""A shift handed over between two browsers, and the record of an incident taken home as a file."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from core.ids import new_id
from dashboard.ids import Desk, HandOver
from tests.e2e.conftest import Screens
from tests.running_system import RunningSystem


def opened(screens: Screens, login: str, language: str) -> Page:
    page = screens.open_page(login, "/handover/", language, (1600, 900))
    expect(page.locator(".handover-figures").first).to_be_visible()
    return page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_one_officer_hands_over_with_a_remark_and_another_accepts(
    running_system: RunningSystem, screens: Screens, language: str
) -> None:
    running_system.begin_drill("09:20:00", speed=1)
    taken = running_system.take_call(new_id(), "traffic", 102.72, 25.05, "two cars")
    [row] = running_system.rows("SELECT number FROM incidents WHERE incident_id = %s", taken["incident_id"])
    outgoing = opened(screens, "desk1", language)
    expect(outgoing.locator(f"#{HandOver.BODY}")).to_contain_text(row["number"])
    outgoing.locator(f"#{HandOver.REMARK}").fill("盘龙江水位请盯住")
    outgoing.locator(f"#{HandOver.GIVE}").click()
    expect(outgoing.locator(f"#{HandOver.EARLIER} .handover-remark")).to_contain_text("盘龙江水位请盯住")
    expect(outgoing.locator(f"#{HandOver.REMARK}")).to_have_value("")
    outgoing.locator(f"#{HandOver.ACCEPT}").click()
    said = outgoing.locator(f"#{HandOver.SAID}")
    expect(said).to_contain_text("不能自己接班" if language == "zh" else "found the outgoing officer")

    incoming = opened(screens, "desk2", language)
    expect(incoming.locator(f"#{HandOver.EARLIER}")).to_contain_text(row["number"])
    incoming.locator(f"#{HandOver.ACCEPT}").click()
    expect(incoming.locator(f"#{HandOver.SAID}")).to_contain_text("值班员一")
    expect(incoming.locator(f"#{HandOver.ACCEPT}")).to_be_hidden()
    told = running_system.rows(
        "SELECT type, actor_name FROM journal WHERE type LIKE 'shift.%%' ORDER BY seq DESC LIMIT 2"
    )
    assert [(row["type"], row["actor_name"]) for row in told] == [
        ("shift.accepted", "值班员二"),
        ("shift.handed_over", "值班员一"),
    ]
    incoming.emulate_media(media="print")
    expect(incoming.locator(f"#{HandOver.GIVE}")).to_be_hidden()
    ink = incoming.locator(f"#{HandOver.BODY} h2").first.evaluate("e => getComputedStyle(e).color")
    assert ink == "rgb(0, 0, 0)", "black on white on paper"
    # However long a table is, it begins below what stands before it.
    first_page = PdfReader(BytesIO(incoming.pdf(format="A4"))).pages[0].extract_text()
    for heading in incoming.locator(f"#{HandOver.BODY} h2").all_text_contents()[:1]:
        assert heading[:4] in first_page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_record_of_an_incident_is_taken_from_its_panel(
    running_system: RunningSystem, screens: Screens, language: str
) -> None:
    running_system.begin_drill("09:20:00", speed=1)
    taken = running_system.take_call(new_id(), "traffic", 102.72, 25.05, "two cars")
    incident_id = taken["incident_id"]
    desk = screens.open("desk1", "desk", language)
    desk.wait_for_function("id => window.cc.state.incidents.has(id)", arg=incident_id)
    desk.evaluate("id => window.cc.open(id)", incident_id)
    files = {}
    screens.allow(r"timeline\.(pdf|csv) net::ERR_ABORTED$")  # a download ends the navigation that it began as
    for kind in ("pdf", "csv"):
        link = desk.locator(f"#{Desk.PANEL} [data-export={kind}]")
        with desk.expect_download() as download:
            link.click()
        files[kind] = Path(download.value.path()).read_bytes()
        assert download.value.suggested_filename.endswith(f".{kind}")
    [row] = running_system.rows("SELECT number FROM incidents WHERE incident_id = %s", incident_id)
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(files["pdf"])).pages)
    assert row["number"] in text
    assert "two cars" in text
    assert ("演练" if language == "zh" else "Drill") in text.replace(" ", "")
    assert "two cars" in files["csv"].decode("utf-8-sig")
    wall = screens.open("wall", "wall", language)
    refused = wall.request.get(f"/export/incidents/{incident_id}/timeline.pdf")
    assert refused.status == 403
