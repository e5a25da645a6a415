"""The record of an incident as CSV: one row for each thing that is told, whatever part it belongs to."""

from __future__ import annotations

import pandas as pd

from dashboard.language import t
from dashboard.view_models.analysis import as_csv
from dashboard.view_models.record import RecordView


def record_csv(record: RecordView) -> str:
    """UTF-8 with a mark of it, safe to open in a spreadsheet."""
    names = [t("部分"), t("时间"), t("内容"), t("人")]
    rows = [(t("警情"), "", f"{name}: {value}", "") for name, value in record.head]
    for unit in record.units:
        callsign, status, sent_at, by, *milestones = unit
        steps = [f"{n} {v}" for n, v in zip(record.unit_names[4:], milestones, strict=True) if v != "–"]
        rows.append((t("单位"), sent_at, " · ".join([callsign, status, *steps]), by))
    rows += [(t("备注"), note.at, note.what, note.who) for note in record.notes]
    rows += [(t("经过"), one.at, one.what, one.who) for one in record.timeline]
    rows.append((t("导出"), "", record.made, ""))
    if record.drill:
        rows.insert(0, (t("演练"), "", record.drill, ""))
    return as_csv(pd.DataFrame(rows, columns=names))
