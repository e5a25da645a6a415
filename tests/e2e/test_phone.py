"""The phone in the street: an order to its end, the scene's photos at the desk, and all of it without a connection."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.geo import LonLat, distance_m
from dashboard.ids import Desk, Phone
from intake.coordinates import to_wgs84
from tests.e2e.conftest import Screens, live
from tests.e2e.field_unit import GUANDU, HERE, FieldUnit, field_unit
from tests.running_system import RunningSystem
from tests.scene_made import photo

NEAR = LonLat(HERE.lon + 0.004, HERE.lat + 0.003)
"""Some 500 m away."""
COMMUNITY = LonLat(102.742, 25.015)
"""In the outline of the sample community, and so of its street."""
PANLONG = LonLat(102.72, 25.06)
NEXT = ".duty .button.big[data-do=step]"
NO_CONNECTION = (
    r"ERR_INTERNET_DISCONNECTED|WebSocket connection|failed: .*(ws/live|/m/|/api/v1/|basemap|worker)"
)
"""What Chromium itself says while there is none; no page can keep it quiet."""
WORDS = {
    "zh": (
        "接警：任务收到",
        "出警：出发了",
        "到达现场",
        "完成处置",
        "离线补报",
        "待发送",
        "再按一次：处置完成，离开现场",
    ),
    "en": (
        "Accept the order",
        "Set off",
        "On scene",
        "Finished here",
        "sent late, made offline",
        "Waiting to be sent",
        "Press again: done, leaving",
    ),
}


TOO_SMALL = """() => [...document.querySelectorAll('button, a, select, textarea, audio')]
  .filter((e) => e.offsetParent && !e.closest('.leaflet-container'))
  .map((e) => [e.textContent.trim().slice(0, 20), e.getBoundingClientRect()])
  .filter(([, box]) => box.width < 47.5 || box.height < 47.5)
  .map(([words, box]) => `${words} ${box.width}x${box.height}`)"""
"""What a thumb can hit that is visible and smaller than 48 px either way."""

INSTALLABLE = """async () => {
  const manifest = await (await fetch(document.querySelector('link[rel=manifest]').href)).json();
  const width = async (icon) => (await createImageBitmap(await (await fetch(icon.src)).blob())).width;
  const icons = await Promise.all(manifest.icons.map(width));
  return [manifest.scope, manifest.display, icons, new URL((await navigator.serviceWorker.ready).scope).pathname];
}"""

TONE = """() => {
  navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext();
    const tone = context.createOscillator(), heard = context.createMediaStreamDestination();
    tone.connect(heard);
    tone.start();
    return heard.stream;
  };
}"""
"""No microphone in a test: a tone in its place; everything after it is the real recorder."""

PLAYS = """(audio) => new Promise((resolve) => {
  audio.addEventListener('loadeddata', () => resolve(true));
  audio.addEventListener('error', () => resolve(audio.error.message));
  audio.preload = 'auto';
  audio.load();
})"""


@pytest.fixture(autouse=True)
def quiet_storm(running_system: RunningSystem) -> None:
    """The storm begun afresh at the city's own pace: what waits a minute is a minute late."""
    running_system.begin_drill("09:10:30", speed=1)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A photo as a camera leaves it."""
    file = tmp_path / "scene.jpg"
    file.write_bytes(photo(1200, 900, place=True))
    return file


def on_the_street(screens: Screens, login: str, language: str = "zh") -> tuple[Page, BrowserContext]:
    """The phone of this account, where its receiver knows the place."""
    page = screens.open(login, "m", language)
    context = page.context
    context.grant_permissions(["geolocation", "microphone"])
    context.set_geolocation({"longitude": HERE.lon, "latitude": HERE.lat, "accuracy": 12})
    return page, context


def told(system: RunningSystem, unit: FieldUnit, *expected: str) -> None:
    """Waits until the unit's phone has told just these steps, in this order."""
    system.until(lambda: steps(system, unit) == list(expected), 30, f"{expected} of {unit.callsign}")


def steps(system: RunningSystem, unit: FieldUnit) -> list[str]:
    """What the unit's phone has told, in order, as the journal has it."""
    rows = system.rows(
        "SELECT type, data ->> 'milestone' AS milestone FROM journal JOIN accounts ON account_id = actor_id"
        " WHERE login = %s AND type LIKE 'assignment.%%' ORDER BY seq",
        unit.login,
    )
    return [row["milestone"] or row["type"] for row in rows]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_order_from_accepting_it_to_its_end_with_a_photo_the_desk_sees(
    running_system: RunningSystem, screens: Screens, picture: Path, language: str
) -> None:
    accept, set_off, there, done, *_, sure = WORDS[language]
    unit = field_unit(running_system, 1 if language == "zh" else 2)
    page, _ = on_the_street(screens, unit.login, language)
    expect(page.locator(f"#{Phone.DUTY}")).to_contain_text(unit.callsign)
    order = unit.sent(f"order {language}", NEAR, "two cars", running_system.now())
    button = page.locator(NEXT)
    for words in (accept, set_off, there):
        expect(button).to_have_text(words)
        button.click()
    expect(button).to_have_text(done)

    page.locator(".duty .order").click()
    links = page.locator(f"#{Phone.SCENE}")
    links.locator("[data-do=navigate]").click()
    expect(links.locator("a").first).to_be_attached()
    addresses = [link.get_attribute("href") or "" for link in links.locator("a").all()]
    assert [address.partition(":")[0] for address in addresses] == ["https", "baidumap", "geo"]
    lon, lat = re.findall(r"to=([\d.]+),([\d.]+)", addresses[0])[0]
    led_to = to_wgs84(float(lon), float(lat), "GCJ-02")
    assert distance_m(led_to, NEAR) < 2, "Amap is told the place in its own coordinates"
    links.locator("[data-do=navigate]").click()
    with page.expect_file_chooser() as chooser:
        links.locator("[data-do=photo]").click()
    chooser.value.set_files(picture)
    expect(page.locator(f"#{Phone.PANEL} .attachment.photo img")).to_be_visible()
    page.locator(".phone-detail .back").click()

    desk = screens.open("desk1", "desk", language)
    desk.evaluate("id => window.cc.open(id)", order.incident_id)
    seen = desk.locator(f"#{Desk.PANEL} .attachment.photo")
    expect(seen).to_contain_text(unit.callsign)
    assert seen.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 1200

    button.click()
    # It cannot be taken back, so it asks once more.
    expect(button).to_have_text(sure)
    button.click()
    expect(button).to_have_count(0)
    told(running_system, unit, "assignment.accepted", "en_route", "on_scene", "cleared")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_without_a_connection_everything_waits_and_is_sent_in_order_with_its_time(
    running_system: RunningSystem, screens: Screens, picture: Path, language: str
) -> None:
    accept, set_off, there, done, late, waits, _ = WORDS[language]
    screens.allow(NO_CONNECTION)
    unit = field_unit(running_system, 3 if language == "zh" else 4)
    page, context = on_the_street(screens, unit.login, language)
    order = unit.sent(f"offline {language}", NEAR, "tree on the road", running_system.now())
    button = page.locator(NEXT)
    expect(button).to_have_text(accept)
    # What the page needs is kept by then, and the picture too.
    page.evaluate("() => navigator.serviceWorker.ready")
    page.reload()
    live(page)
    expect(button).to_have_text(accept)
    page.wait_for_function("() => window.cc.keep.read('picture').then((kept) => Boolean(kept && kept.duty))")

    context.set_offline(True)
    expect(page.locator("html[data-link=offline]")).to_be_attached()
    before = running_system.now()
    for words in (accept, set_off, there):
        expect(button).to_have_text(words)
        button.click()
    expect(button).to_have_text(done)
    page.locator("[data-do=report-open]").click()
    form = page.locator(f"#{Phone.REPORT}")
    expect(form.locator(".report-place")).to_contain_text("12 m")
    form.locator("textarea").fill(f"water over the kerb {language}")
    with page.expect_file_chooser() as chooser:
        form.locator("[data-do=photo]").click()
    chooser.value.set_files(picture)
    expect(page.locator(f"#{Phone.REPORT_MEDIA} > *").first).to_be_attached()
    form.locator("[type=submit]").click()
    expect(page.locator(f"#{Phone.BAR} .waiting")).to_have_text(f"{waits}5")
    assert steps(running_system, unit) == []
    after = running_system.now()

    # The page is closed and opened again, still without a connection: nothing is lost, and its age is said.
    page.reload()
    expect(page.locator("html[data-link=offline]")).to_be_attached()
    expect(button).to_have_text(done)
    expect(page.locator(f"#{Phone.BAR} .waiting")).to_have_text(f"{waits}5")
    expect(page.locator(f"#{Phone.TRUTH} .worst")).to_be_visible()

    context.set_offline(False)
    live(page)
    expect(page.locator(f"#{Phone.BAR} .waiting")).to_have_count(0)
    told(running_system, unit, "assignment.accepted", "en_route", "on_scene")
    rows = running_system.rows(
        "SELECT type, at, data ->> 'late' AS late, data ->> 'text' AS text, journal.subject FROM journal"
        " JOIN accounts ON account_id = actor_id WHERE login = %s"
        " AND type IN ('assignment.accepted', 'assignment.advanced', 'call.taken', 'call.joined', 'attachment.added')"
        " ORDER BY seq",
        unit.login,
    )
    assert [row["late"] for row in rows] == ["true"] * 5
    # The phone's clock is late by as long as the last clock frame was on its way.
    assert all(before - timedelta(seconds=1) <= row["at"] <= after for row in rows), (
        "when it was pressed, not came"
    )
    call, attached = rows[3], rows[4]
    assert (call["text"], attached["subject"]) == (f"water over the kerb {language}", call["subject"])
    [kept] = running_system.rows(
        "SELECT accuracy_m FROM calls WHERE text = %s ORDER BY call_id DESC LIMIT 1", call["text"]
    )
    assert kept["accuracy_m"] == 12

    desk = screens.open("desk1", "desk", language)
    desk.evaluate("id => window.cc.open(id)", order.incident_id)
    timeline = desk.locator(f"#{Desk.PANEL} .timeline")
    timeline.locator("summary").click()
    expect(timeline).to_contain_text(late)


def test_a_step_for_an_order_that_was_taken_back_meanwhile_is_shown_to_the_person(
    running_system: RunningSystem, screens: Screens
) -> None:
    screens.allow(NO_CONNECTION)
    screens.allow(r"409")
    unit = field_unit(running_system, 5)
    page, context = on_the_street(screens, unit.login)
    order = unit.sent("taken back", NEAR, "a fall", running_system.now())
    button = page.locator(NEXT)
    expect(button).to_have_text(WORDS["zh"][0])
    context.set_offline(True)
    expect(page.locator("html[data-link=offline]")).to_be_attached()
    button.click()
    unit.taken_back(order)
    context.set_offline(False)
    live(page)
    expect(page.locator(f"#{Phone.BAR} .waiting")).to_contain_text("未生效")
    page.locator(f"#{Phone.BAR} .waiting").click()
    row = page.locator(f"#{Phone.OUTBOX} li.problem")
    expect(row).to_contain_text("任务已撤回或已结束")
    row.locator("[data-do=outbox-drop]").click()
    expect(page.locator(f"#{Phone.BAR} .waiting")).to_have_count(0)
    expect(button).to_have_count(0)


def test_the_nearest_stand_first_and_the_units_own_position_reaches_the_map(
    running_system: RunningSystem, screens: Screens
) -> None:
    unit = field_unit(running_system, 6)
    now = running_system.now()
    far = running_system.take_call("far", "traffic", HERE.lon + 0.03, HERE.lat + 0.01, "far away")
    close = running_system.take_call(
        "close", "traffic", HERE.lon - 0.002, HERE.lat + 0.001, "round the corner"
    )
    page, _ = on_the_street(screens, unit.login)
    for taken in (far, close):
        expect(page.locator(f"#{Phone.QUEUE} [data-incident='{taken['incident_id']}']")).to_have_count(1)
    page.locator("[data-do=near]").click()
    first = page.locator(f"#{Phone.QUEUE} .card-row .row").first
    expect(first).to_have_attribute("data-incident", close["incident_id"])
    expect(first.locator(".distance")).to_have_text(re.compile(r"^\d+ m$"))

    page.locator(f"#{Phone.BAR} [data-do=duty]").click()

    def seen() -> bool:
        found = unit.parts.board.newest([unit.unit_id]).get(unit.unit_id)
        return found is not None and found.fixed_at >= now and abs(found.place.lon - HERE.lon) < 1e-4

    running_system.until(seen, 20, "the phone's position on the board")


def test_a_unit_sees_and_reaches_an_order_outside_its_own_district(
    running_system: RunningSystem, screens: Screens
) -> None:
    unit = field_unit(running_system, 7)
    page, _ = on_the_street(screens, unit.login)
    order = unit.sent("other district", PANLONG, "gas smell", running_system.now())
    assert not order.jurisdiction.startswith(GUANDU)
    expect(page.locator(NEXT)).to_have_text(WORDS["zh"][0])
    page.locator(".duty .order").click()
    panel = page.locator(f"#{Phone.PANEL} [data-incident='{order.incident_id}']")
    expect(panel).to_contain_text("gas smell")
    expect(panel.locator("[data-form=new-note]")).to_be_hidden()  # a unit may write none


@pytest.mark.parametrize(("language", "words"), [("zh", "待命"), ("en", "Wait at")])
def test_where_the_desk_told_it_to_wait_is_said_until_an_order_comes(
    running_system: RunningSystem, screens: Screens, language: str, words: str
) -> None:
    unit = field_unit(running_system, 10 if language == "zh" else 11)
    page, _ = on_the_street(screens, unit.login, language)
    expect(page.locator(f"#{Phone.DUTY}")).to_contain_text(unit.callsign)
    waits = page.locator(f"#{Phone.DUTY} .wait-at")
    expect(waits).to_have_count(0)
    unit.told_to_wait(NEAR, "53011100100001")
    expect(waits).to_contain_text(words)
    expect(waits.locator("a")).to_have_count(3)
    unit.sent(f"after waiting {language}", NEAR, "two cars", running_system.now())
    expect(page.locator(NEXT)).to_be_visible()
    expect(waits).to_have_count(0)


def test_a_voice_note_is_recorded_sent_and_heard(running_system: RunningSystem, screens: Screens) -> None:
    screens.allow(r"attachments/\w+ net::ERR_ABORTED$")  # a player stops loading what it has enough of
    taken = running_system.take_call("voice", "traffic", NEAR.lon, NEAR.lat, "noise")
    page, _ = on_the_street(screens, "phone")
    page.evaluate(TONE)
    page.locator(f"#{Phone.QUEUE} [data-incident='{taken['incident_id']}']").click()
    page.locator(f"#{Phone.SCENE} [data-do=voice]").click()
    expect(page.locator(".recording")).to_be_visible()
    page.wait_for_timeout(1500)
    page.locator("[data-do=voice-stop]").click()
    sound = page.locator(f"#{Phone.PANEL} .attachment.voice audio")
    expect(sound).to_have_count(1)
    assert sound.evaluate("a => fetch(a.src).then((r) => r.headers.get('content-type'))") == "audio/webm"
    assert sound.evaluate(PLAYS) is True


@pytest.mark.parametrize("language", ["zh", "en"])
def test_everything_a_thumb_hits_is_large_enough_and_the_page_is_installable(
    running_system: RunningSystem, screens: Screens, language: str
) -> None:
    unit = field_unit(running_system, 8 if language == "zh" else 9)
    page, _ = on_the_street(screens, unit.login, language)
    order = unit.sent(f"sizes {language}", NEAR, "smoke", running_system.now())
    expect(page.locator(NEXT)).to_be_visible()
    assert page.evaluate(TOO_SMALL) == []
    page.locator(".duty .order").click()
    expect(page.locator(f"#{Phone.PANEL} [data-incident='{order.incident_id}']")).to_be_visible()
    assert page.evaluate(TOO_SMALL) == []
    page.locator(".phone-detail .back").click()
    page.locator("[data-do=report-open]").click()
    expect(page.locator(f"#{Phone.REPORT}")).to_be_visible()
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate(INSTALLABLE) == ["/m/", "standalone", [192, 512], "/m/"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "nothing runs over the edge"


@pytest.mark.parametrize("login", ["community", "street"])
def test_who_is_nearest_reports_what_happens_in_its_own_area_and_writes_a_note_about_it(
    running_system: RunningSystem, screens: Screens, picture: Path, login: str
) -> None:
    page, context = on_the_street(screens, login, "en")
    context.set_geolocation({"longitude": COMMUNITY.lon, "latitude": COMMUNITY.lat, "accuracy": 12})
    page.locator("[data-do=report-open]").click()
    form = page.locator(f"#{Phone.REPORT}")
    expect(form.locator(".report-place")).to_contain_text("12 m")
    form.locator("textarea").fill(f"water in the yard, {login}")
    with page.expect_file_chooser() as chooser:
        form.locator("[data-do=photo]").click()
    chooser.value.set_files(picture)
    expect(page.locator(f"#{Phone.REPORT_MEDIA} > *").first).to_be_attached()
    form.locator("[type=submit]").click()
    kept = "SELECT incident_id FROM calls JOIN attachments USING (incident_id) WHERE text = %s"
    [call] = running_system.until(
        lambda: running_system.rows(kept, f"water in the yard, {login}"), 30, "the report and its photo"
    )

    page.locator(f"#{Phone.QUEUE} [data-incident='{call['incident_id']}']").click()
    panel = page.locator(f"#{Phone.PANEL} [data-incident='{call['incident_id']}']")
    panel.locator("[data-form=new-note] textarea").fill(f"pump on its way, {login}")
    panel.locator("[data-do=note-add]").click()
    expect(panel.locator(".notes")).to_contain_text(f"pump on its way, {login}")
    desk = screens.open("desk1", "desk", "en")
    desk.wait_for_function("id => window.cc.state.incidents.has(id)", arg=call["incident_id"])
    desk.evaluate("id => window.cc.open(id)", call["incident_id"])
    expect(desk.locator(f"#{Desk.PANEL}")).to_contain_text(f"pump on its way, {login}")
