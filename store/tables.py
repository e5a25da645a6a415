"""The tables of the command centre; column names are the domain's field names."""

from __future__ import annotations

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from store.metadata import metadata

Instant = DateTime(timezone=True)

# One row whose lock orders all commits that are journalled: sequence numbers are handed out in commit
# order and without holes, which is what lets a reader trust "everything after N".
journal_head = Table(
    "journal_head",
    metadata,
    Column("only", Boolean, primary_key=True, server_default=text("true")),
    Column("seq", BigInteger, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("recorded_at", Instant, nullable=False, server_default=text("clock_timestamp()")),
    Column("run", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    # The city's instant of the commit: rises with `seq` within a run, which `at` need not.
    Column("known_at", Instant, nullable=False),
    Column("type", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("actor_name", Text, nullable=False, server_default=""),
    Column("subject", Text, nullable=False),
    Column("origin", Text, nullable=False, server_default=""),
    Column("reload", Boolean, nullable=False, server_default=text("false")),
    Column("data", JSONB, nullable=False),
    Column("changes", JSONB, nullable=False),
    Index("journal_subject", "subject", "seq"),
    Index("journal_alerts", "run", "at", postgresql_where=text("type LIKE 'alert.%'")),
    Index("journal_batches", "seq", postgresql_where=text("type = 'readings.ingested'")),
    # Looking back asks which row was the newest at an instant, and where what matters began.
    Index("journal_known", "run", "known_at"),
    Index(
        "journal_begun",
        "run",
        "known_at",
        postgresql_where=text("type IN ('incident.opened', 'call.taken', 'alert.opened', 'alert.raised')"),
    ),
)

cursors = Table(
    "cursors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

# `run` counts drill runs: a drill that is begun again sends the same instants again. 0 in service.
drill_clock = Table(
    "drill_clock",
    metadata,
    Column("only", Boolean, primary_key=True, server_default=text("true")),
    Column("run", Integer, nullable=False),
    Column("scenario", Text),
    Column("anchor_wall", Instant),
    Column("anchor_at", Instant),
    Column("speed", Float),
)

readings = Table(
    "readings",
    metadata,
    Column("run", Integer, primary_key=True),
    Column("point_id", Text, primary_key=True),
    Column("observed_at", Instant, primary_key=True),
    Column("value", Float, nullable=False),
    Column("batch_id", String(26), nullable=False),
    Index("readings_batch", "batch_id"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("quarantine_id", BigInteger, primary_key=True, autoincrement=True),
    Column("recorded_at", Instant, nullable=False, server_default=text("clock_timestamp()")),
    Column("at", Instant, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("item", JSONB, nullable=False),
)

point_states = Table(
    "point_states",
    metadata,
    Column("point_id", Text, primary_key=True),
    Column("last_observed_at", Instant),
    Column("value", Float),
    Column("grade_code", Text),
    Column("unchanged_since", Instant),
    Column("recent", JSONB, nullable=False, server_default=text("'[]'")),
    Column("passability", Text, nullable=False),
    Column("passability_at", Instant),
    Column("passability_by", Text),
    Column("passability_note", Text),
    Column("received_at", Instant),
    Column("awaited_since", Instant),
    Column("quantity", Text),
)

# What a rule remembers of a subject; at rest it remembers nothing and has no row.
level_states = Table(
    "level_states",
    metadata,
    Column("rule_id", Text, primary_key=True),
    Column("subject_id", Text, primary_key=True),
    Column("level", Text),
    Column("rising_to", Text),
    Column("rising_since", Instant),
    Column("falling_to", Text),
    Column("falling_since", Instant),
    Index("level_states_subject", "subject_id"),
)

rule_failures = Table(
    "rule_failures",
    metadata,
    Column("rule_id", Text, primary_key=True),
    Column("failures", BigInteger, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("last_subject_id", Text, nullable=False),
    Column("last_error", Text, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", String(26), primary_key=True),
    Column("run", Integer, nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("rule_version", Text, nullable=False),
    Column("catalogue_version", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("point_id", Text),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("group_zh", Text, nullable=False, server_default=""),
    Column("group_en", Text, nullable=False, server_default=""),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("grade_code", Text, nullable=False),
    Column("peak_grade_code", Text, nullable=False),
    Column("value", Float),
    Column("quantity", Text),
    Column("because", JSONB, nullable=False, server_default=text("'{}'")),
    Column("status", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("alarmed_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("told", Text, nullable=False),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", Text),
    Column("note", Text),
    Column("returned_at", Instant),
    Column("cleared_at", Instant),
    Column("cleared_by", Text),
    Column("clear_note", Text),
    Column("outcome", Text),
    Column("shelved_until", Instant),
    Column("shelved_by", Text),
    Column("shelve_reason", Text),
    Column("suppressed_by", String(26)),
    Column("escalated_at", Instant),
    Column("escalate_at", Instant),
    Column("incident_id", String(26)),
    # The database itself refuses a second open alert of one rule about one subject.
    Index(
        "one_open_alert", "rule_id", "subject_id", unique=True, postgresql_where=text("status <> 'cleared'")
    ),
    Index("alerts_timed", "escalate_at", postgresql_where=text("escalate_at IS NOT NULL")),
    Index("alerts_point", "point_id", postgresql_where=text("status <> 'cleared'")),
    Index("alerts_open", "alert_id", postgresql_where=text("status <> 'cleared'")),
)

# What stands and what the rules propose; who set what before is in the journal.
response_levels = Table(
    "response_levels",
    metadata,
    Column("jurisdiction", Text, primary_key=True),
    Column("level", Text),
    Column("since_at", Instant),
    Column("set_by", Text),
    Column("reason", Text),
    Column("proposed_level", Text),
    Column("proposed_at", Instant),
    Column("proposed_because", JSONB, nullable=False, server_default=text("'{}'")),
    Column("version", Integer, nullable=False, server_default="0"),
)

# What each jurisdiction's wall was told to show; who told it what before is in the journal.
wall_scenes = Table(
    "wall_scenes",
    metadata,
    Column("jurisdiction", Text, primary_key=True),
    Column("scene", Text),
    Column("subject", Text),
    Column("set_by", Text),
    Column("since_at", Instant),
    Column("version", Integer, nullable=False, server_default="0"),
)

# Which units are in which geofence, and since when.
geofence_visits = Table(
    "geofence_visits",
    metadata,
    Column("unit_id", Text, primary_key=True),
    Column("geofence_id", Text, primary_key=True),
    Column("entered_at", Instant, nullable=False),
)

# Messages of others. Sender, identifier and sent name one; `refs` holds the names of those it speaks of.
received_caps = Table(
    "received_caps",
    metadata,
    Column("run", Integer, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("sender", Text, nullable=False),
    Column("identifier", Text, nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("msg_type", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("subject_id", Text),
    Column("alert_id", String(26)),
    Column("refs", ARRAY(Text), nullable=False),
    Column("standing", Boolean, nullable=False),
    Column("ends_at", Instant),
    Column("signed", Boolean, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("received_by", Text, nullable=False),
    Index("received_caps_refs", "refs", postgresql_using="gin"),
    Index("received_caps_standing", "ends_at", postgresql_where=text("standing")),
    Index("received_caps_subject", "subject_id"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("incident_id", String(26), primary_key=True),
    Column("run", Integer, nullable=False),
    Column("number", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("title_zh", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("origin", Text, nullable=False),
    Column("point_id", Text),
    Column("first_dispatched_at", Instant),
    Column("first_on_scene_at", Instant),
    Column("closed_at", Instant),
    Column("closed_by", Text),
    Column("note", Text),
    Column("calls", Integer, nullable=False, server_default="0"),
    Column("last_call_at", Instant),
    Index("incident_number", "run", "number", unique=True),
    Index("incidents_open", "changed_at", postgresql_where=text("status <> 'closed'")),
    Index("incidents_around", "category", "lat", postgresql_where=text("status <> 'closed'")),
    Index(
        "one_open_incident",
        "category",
        "point_id",
        unique=True,
        postgresql_where=text("status <> 'closed' AND point_id IS NOT NULL"),
    ),
)

incident_numbers = Table(
    "incident_numbers",
    metadata,
    Column("run", Integer, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("last", Integer, nullable=False),
)

calls = Table(
    "calls",
    metadata,
    Column("call_id", String(26), primary_key=True),
    Column("incident_id", String(26), nullable=False, index=True),
    Column("caller", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("received_at", Instant, nullable=False, index=True),
    Column("taken_by", Text, nullable=False),
    Column("accuracy_m", Float),
)

# What people on the spot saw and said. The contents stand apart, so that a list of them stays small.
attachments = Table(
    "attachments",
    metadata,
    Column("attachment_id", String(26), primary_key=True),
    Column("run", Integer, nullable=False),
    Column("incident_id", String(26), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("width_px", Integer),
    Column("height_px", Integer),
    Column("taken_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("by_id", Text, nullable=False),
    Column("by_name", Text, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("lon", Float),
    Column("lat", Float),
    Column("accuracy_m", REAL),
)

attachment_contents = Table(
    "attachment_contents",
    metadata,
    Column("attachment_id", String(26), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

units = Table(
    "units",
    metadata,
    Column("unit_id", Text, primary_key=True),
    Column("index", Integer, nullable=False, unique=True),
    Column("callsign", Text, nullable=False),
    Column("net", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("capabilities", ARRAY(Text), nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("status_at", Instant, nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("assignment_id", String(26)),
    Column("shift", Text, nullable=False, server_default=""),
    Column("overdue_status_at", Instant),
)

terminals = Table(
    "terminals",
    metadata,
    Column("protocol", Text, primary_key=True),
    Column("terminal_id", Text, primary_key=True),
    Column("unit_id", Text, nullable=False),
    Column("registered_at", Instant, nullable=False),
    Column("registered_by", Text, nullable=False),
    Column("key_hash", Text),
    Column("identity", Text),
    Column("revoked_at", Instant),
)

# Where units were, thinned: for looking back. Hundreds of rows a second are written and few are ever read, so the
# block-range indexes are small and serve "between two instants"; the primary key serves one unit.
tracks = Table(
    "tracks",
    metadata,
    Column("run", Integer, primary_key=True),
    Column("unit_id", Text, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("heading_deg", SmallInteger, nullable=False),
    Column("speed_kmh", REAL, nullable=False),
    Column("recorded_at", Instant, nullable=False, server_default=text("clock_timestamp()")),
    Index("tracks_at", "at", postgresql_using="brin"),
    Index("tracks_recorded_at", "recorded_at", postgresql_using="brin"),
)

assignments = Table(
    "assignments",
    metadata,
    Column("assignment_id", String(26), primary_key=True),
    Column("incident_id", String(26), nullable=False, index=True),
    Column("unit_id", Text, nullable=False),
    Column("callsign", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("dispatched_at", Instant, nullable=False),
    Column("dispatched_by", Text, nullable=False),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("travel_time_s", Float),
    Column("distance_m", Float),
    Column("eta_at", Instant),
    Column("path", JSONB, nullable=False),
    Column("straight_line", Boolean, nullable=False),
    Column("en_route_at", Instant),
    Column("on_scene_at", Instant),
    Column("ended_at", Instant),
    Column("end_reason", Text),
    Column("override_reason", Text),
    Column("entered_at", Instant),
    Column("left_at", Instant),
    Column("overdue", Text),
    Column("accepted_at", Instant),
    # A unit has one open assignment at most, whatever a program above does wrong.
    Index(
        "one_open_assignment",
        "unit_id",
        unique=True,
        postgresql_where=text("status NOT IN ('cleared', 'stood_down')"),
    ),
)

recommendations = Table(
    "recommendations",
    metadata,
    Column("incident_id", String(26), primary_key=True),
    Column("recommendation_id", String(26), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("network", Text, nullable=False),
    Column("candidates", JSONB, nullable=False),
    Column("considered", Integer, nullable=False),
    Column("left_out", JSONB, nullable=False, server_default=text("'{}'")),
    Column("alarm", SmallInteger, nullable=False, server_default="1"),
    Column("needs", JSONB, nullable=False, server_default=text("'[]'")),
    Column("passed_over", JSONB, nullable=False, server_default=text("'[]'")),
    Column("preemptions", JSONB, nullable=False, server_default=text("'[]'")),
)

# Units of another jurisdiction that somebody asked for; one request waits for a unit and an incident at most.
assistance_requests = Table(
    "assistance_requests",
    metadata,
    Column("request_id", String(26), primary_key=True),
    Column("run", Integer, nullable=False),
    Column("incident_id", String(26), nullable=False, index=True),
    Column("number", Text, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("callsign", Text, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("asked_by_jurisdiction", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("answer_by", Instant, nullable=False),
    Column("override_reason", Text),
    Column("answered_at", Instant),
    Column("answered_by", Text),
    Column("note", Text),
    Column("assignment_id", String(26)),
    Index(
        "one_waiting_request",
        "incident_id",
        "unit_id",
        unique=True,
        postgresql_where=text("status = 'waiting'"),
    ),
)

closures = Table(
    "closures",
    metadata,
    Column("closure_id", String(26), primary_key=True),
    Column("run", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("radius_m", Float, nullable=False),
    Column("outline", JSONB, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("closed_at", Instant, nullable=False),
    Column("closed_by", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("reason", Text),
    Column("reopened_at", Instant),
    Column("reopened_by", Text),
    # Every search for a way asks for those in force.
    Index("closures_in_force", "expires_at", postgresql_where=text("reopened_at IS NULL")),
)

move_up_orders = Table(
    "move_up_orders",
    metadata,
    Column("order_id", String(26), primary_key=True),
    Column("run", Integer, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("callsign", Text, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("grid", Text, nullable=False),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("travel_time_s", Float, nullable=False),
    Column("ordered_at", Instant, nullable=False),
    Column("ordered_by", Text, nullable=False),
    Column("ends_at", Instant, nullable=False),
    # A drill asks every second for those that stand.
    Index("move_up_orders_standing", "ends_at"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("run", Integer, primary_key=True),
    Column("actor_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("answer", JSONB, nullable=False),
    Column("at", Instant, nullable=False),
)
