"""The desk: each thing a duty officer asks for is one operation, answered with one notice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

from dash import Dash

from alerts.model import Alert, Outcome, Passability
from core.actor import Actor
from core.command_tree import CommandLevel
from core.geo import LonLat
from dashboard.callbacks.acknowledging import acknowledged, given_back
from dashboard.callbacks.asking import Request, answer_requests
from dashboard.callbacks.assisting import assisted
from dashboard.callbacks.closing import closed_by_click, reopened_by_click
from dashboard.callbacks.looking_up import answer_questions
from dashboard.callbacks.noting import noted
from dashboard.callbacks.selected_alerts import act_on_selected
from dashboard.callbacks.subject import show_subject
from dashboard.ids import Desk
from dashboard.language import named, t
from dashboard.layouts.alert_panel import desk_alert
from dashboard.layouts.incident_panel import desk_panel
from dashboard.view_models.alert import OUTCOME, TOLD
from dashboard.view_models.levels import step_words
from dashboard.view_models.notices import UNIT_STATUS, Notice, dispatched, taken_back
from dashboard.view_models.places import pasted_place
from dashboard.view_models.timeline import PASSABILITY
from dispatch.model import Priority, UnitStatus
from operations.accept_move_up import AcceptMoveUp, accept_move_up
from operations.all_clear_alert import AllClearAlert, all_clear_alert
from operations.close_incident import CloseIncident, close_incident
from operations.dispatch_units import DispatchUnits, dispatch_units
from operations.escalate_alert import EscalateAlert, escalate_alert
from operations.places import Gazetteer
from operations.ports import Ports
from operations.record_status import BUTTON, RecordStatus, record_status
from operations.report_passability import ReportPassability, report_passability
from operations.request_recommendation import request_recommendation
from operations.set_response_level import SetResponseLevel, set_response_level
from operations.set_wall_scene import SetWallScene, set_wall_scene
from operations.shelve_alert import ShelveAlert, shelve_alert
from operations.take_back_units import take_back_units
from operations.take_call import TakeCall, take_call
from operations.unshelve_alert import UnshelveAlert, unshelve_alert


def register(
    app: Dash,
    ports: Ports,
    to_wgs84: Callable[[float, float, str], LonLat],
    zone: ZoneInfo,
    gazetteer: Gazetteer,
) -> None:
    """Ties what the desk asks to what it shows and does."""
    show_subject(
        app,
        Desk.LIVE_SUBJECT,
        Desk.LIVE_SHOWN,
        ports,
        lambda view: desk_panel(view, zone),
        lambda view: desk_alert(view, zone),
    )

    def recommend(actor: Actor, request: Request) -> Notice:
        request_recommendation(ports, actor, request["incident_id"])
        return Notice("quiet", "", "recommend")

    def dispatch(actor: Actor, request: Request) -> Notice:
        sent = dispatch_units(
            ports,
            actor,
            DispatchUnits(
                incident_id=request["incident_id"],
                unit_ids=tuple(request["unit_ids"]),
                recommendation_id=request.get("recommendation_id"),
                override_reason=request.get("override_reason") or None,
                preempts=request.get("preempts") or None,
                replaces=request.get("replaces") or None,
                seen=request.get("seen") or {},
            ),
        )
        if not sent:
            return Notice("done", t("已发出联勤请求，对方同意后出警"), "dispatch")
        return dispatched(sent, actor.name, takes_over=request.get("replaces") is not None)

    def stand_down(actor: Actor, request: Request) -> Notice:
        return taken_back(*take_back_units(ports, actor, request["assignment_ids"]))

    def shelve(actor: Actor, request: Request) -> Notice:
        alert = shelve_alert(
            ports, actor, ShelveAlert(request["alert_id"], int(request["minutes"]), str(request["reason"]))
        )
        words = t("已搁置 {n} 分钟：{name}", n=request["minutes"], name=_name(alert))
        return Notice("done", words, "shelve", [alert.alert_id])

    def unshelve(actor: Actor, request: Request) -> Notice:
        alert = unshelve_alert(ports, actor, UnshelveAlert(request["alert_id"]))
        return Notice("done", t("已取消搁置：{name}", name=_name(alert)), "unshelve")

    def escalate(actor: Actor, request: Request) -> Notice:
        told = CommandLevel(request["told"]) if request.get("told") else None
        alert = escalate_alert(ports, actor, EscalateAlert(request["alert_id"], told=told))
        words = t("已上报{level}：{name}", level=t(TOLD[alert.told]), name=_name(alert))
        return Notice("done", words, "escalate")

    def all_clear(actor: Actor, request: Request) -> Notice:
        outcome = Outcome(request["outcome"])
        alert = all_clear_alert(
            ports, actor, AllClearAlert(request["alert_id"], outcome, request.get("note") or None)
        )
        words = t("已解除：{name}（{outcome}）", name=_name(alert), outcome=t(OUTCOME[outcome]))
        return Notice("done", words, "all_clear")

    def set_level(actor: Actor, request: Request) -> Notice:
        stands = set_response_level(
            ports,
            actor,
            SetResponseLevel(request["jurisdiction"], request.get("level"), str(request["reason"])),
        )
        zh, en = ports.areas.names().get(stands.jurisdiction, (stands.jurisdiction, stands.jurisdiction))
        words = t(
            "{name}：{level}", name=named({"name_zh": zh, "name_en": en}), level=step_words(stands.level)
        )
        return Notice("done", words, "response_level")

    def set_passability(actor: Actor, request: Request) -> Notice:
        passability = Passability(request["passability"])
        instead_of = Passability(request["instead_of"]) if request.get("instead_of") else None
        reported = report_passability(
            ports,
            actor,
            ReportPassability(
                point_id=request["point_id"],
                passability=passability,
                observed_at=ports.clock.now(),
                source=actor.name,
                note=request.get("reason") or None,
                instead_of=instead_of,
            ),
        )
        was = reported.before.passability
        # What takes a slip back is none itself.
        undo = (
            [request["point_id"], was.value, passability.value]
            if was is not passability and instead_of is None
            else []
        )
        words = t("道路已设为{state}", state=t(PASSABILITY[passability]))
        return Notice("done", words, "passability", undo)

    def close(actor: Actor, request: Request) -> Notice:
        closed = close_incident(ports, actor, CloseIncident(incident_id=request["incident_id"], note=None))
        return Notice("done", t("已销警：{number}", number=closed.number), "close")

    def take(actor: Actor, request: Request) -> Notice:
        pasted = pasted_place(request["coordinates"])
        place = to_wgs84(pasted.lon, pasted.lat, request["frame"])
        taken = take_call(
            ports,
            actor,
            TakeCall(
                idempotency_key=request["key"],
                category=request["category"],
                place=place,
                caller=request.get("caller", ""),
                text=request.get("text", ""),
                received_at=ports.clock.now(),
                accuracy_m=float(request["accuracy"]) if request.get("accuracy") else None,
                priority=Priority(int(request["priority"])) if request.get("priority") else None,
                priority_reason=request.get("priority_reason", ""),
                incident_id=request.get("incident_id") or None,
                opens_new=bool(request.get("opens_new")),
            ),
        )
        return Notice(
            "done",
            t("已并入警情 {number}", number=taken.incident_number)
            if taken.joined
            else t("已接警：{number}", number=taken.incident_number),
            "call",
            opens=taken.incident_id,
        )

    def move_up(actor: Actor, request: Request) -> Notice:
        ordered = accept_move_up(ports, actor, AcceptMoveUp(request["unit_id"], request["grid"]))
        return Notice("done", t("已命令补位：{callsign}", callsign=ordered.callsign), "move_up")

    def show_on_wall(actor: Actor, request: Request) -> Notice:
        stands = set_wall_scene(
            ports, actor, SetWallScene(request.get("scene") or None, request.get("subject") or None)
        )
        return Notice("done", t("大屏已锁定") if stands.scene else t("大屏恢复轮播"), "wall_scene")

    def selected(actor: Actor, request: Request) -> Notice:
        return act_on_selected(ports, actor, request, zone)

    def set_status(actor: Actor, request: Request) -> Notice:
        wanted = UnitStatus(request["status"])
        unit = record_status(
            ports, actor, RecordStatus(request["unit_id"], wanted, ports.clock.now(), source=BUTTON)
        )
        words = t("{callsign}：{status}", callsign=unit.callsign, status=t(UNIT_STATUS[unit.status]))
        # Going out of service is taken back by coming into it; the way back is no slip.
        undo = [unit.unit_id] if wanted is UnitStatus.OUT_OF_SERVICE else []
        return Notice("done", words, "unit_status", undo)

    for asked, name, action in (
        (Desk.ASK_NOTE, "note", partial(noted, ports)),
        (Desk.ASK_RECOMMEND, "recommend", recommend),
        (Desk.ASK_DISPATCH, "dispatch", dispatch),
        (Desk.ASK_STAND_DOWN, "stand_down", stand_down),
        (Desk.ASK_ACKNOWLEDGE, "acknowledge", partial(acknowledged, ports)),
        (Desk.ASK_UNACKNOWLEDGE, "unacknowledge", partial(given_back, ports)),
        (Desk.ASK_SHELVE, "shelve", shelve),
        (Desk.ASK_UNSHELVE, "unshelve", unshelve),
        (Desk.ASK_ESCALATE, "escalate", escalate),
        (Desk.ASK_ALL_CLEAR, "all_clear", all_clear),
        (Desk.ASK_RESPONSE_LEVEL, "response_level", set_level),
        (Desk.ASK_PASSABILITY, "passability", set_passability),
        (Desk.ASK_CLOSE, "close", close),
        (Desk.ASK_CALL, "call", take),
        (Desk.ASK_MOVE_UP, "move_up", move_up),
        (Desk.ASK_ASSISTANCE, "assistance", partial(assisted, ports)),
        (Desk.ASK_CLOSE_ROAD, "close_road", partial(closed_by_click, ports)),
        (Desk.ASK_REOPEN_ROAD, "reopen_road", partial(reopened_by_click, ports)),
        (Desk.ASK_WALL_SCENE, "wall_scene", show_on_wall),
        (Desk.ASK_ALERTS, "alerts", selected),
        (Desk.ASK_UNIT_STATUS, "unit_status", set_status),
    ):
        answer_requests(app, asked, Desk.OUTCOME, name, action, zone)
    answer_questions(app, ports, to_wgs84, gazetteer)


def _name(alert: Alert) -> str:
    return named({"name_zh": alert.name_zh, "name_en": alert.name_en})
