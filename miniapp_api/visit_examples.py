"""Examples of visits and their photos, plans and calls."""

from typing import Any

from miniapp_api.example_ids import CALL_ID, CONTACT_ID, CUSTOMER_ID, PLAN_ID, UPLOAD_ID, VISIT_ID

_NAME = "常熟新泰纺织机械有限公司"
_REPORT = "看了泵房，旧泵汽蚀严重，建议换双吸泵"
_POINT = {"latitude": 31.653812, "longitude": 120.752307, "datum": "gcj02", "accuracy_m": 25}
_CLEAR = {"verdict": "valid", "verdict_label": "有效", "effective": True}
_CURSOR = "WyJ2aXNpdHMiLCIyMDI2LTExLTIzVDAyOjAwOjAwKzAwOjAwIiwiOWQ0ZTFiN2MzMGEyNWY2OGUxYzQiXQ"
_LINE = {
    "id": VISIT_ID,
    "customer_id": CUSTOMER_ID,
    "customer_name": _NAME,
    "person": "李强",
    "userid": "liqiang",
    "mine": True,
    "at": "2026-11-23T02:00:00Z",
    "received_at": "2026-11-23T02:00:04Z",
    "place": "江苏省常熟市新泰纺织机械",
    **_POINT,
    "distance_m": 120,
    "said": "距客户约 120 米",
    "why": "",
    "report": _REPORT,
    **_CLEAR,
    "photos": [UPLOAD_ID],
}
_PLAN = {
    "id": PLAN_ID,
    "customer_id": CUSTOMER_ID,
    "customer_name": _NAME,
    "day": "2026-11-23",
    "place": 1,
    "note": "看泵房",
    "visit_id": "",
    "latitude": 31.653,
    "longitude": 120.751,
}
_STOP = {
    "customer_id": CUSTOMER_ID,
    "customer_name": _NAME,
    "at": None,
    "visit_id": "",
    "latitude": 31.653,
    "longitude": 120.751,
    "metres": None,
}
_BEEN = _STOP | {"at": "2026-11-23T02:00:00Z", "visit_id": VISIT_ID}
_CALLED = {"id": CALL_ID, "customer_name": _NAME, "reached": True, "counts": True, "remark": "", "again": False}

VISIT_EXAMPLES: dict[str, dict[str, Any]] = {
    "PhotoOut": {"id": UPLOAD_ID, "kind": "jpeg", "size": 2483112, "width": 3024, "height": 4032, "again": False},
    "PhotoQuery": {"size": "thumb"},
    "VisitIn": {
        "client_id": "visit-20261123-1",
        "customer_id": CUSTOMER_ID,
        **_POINT,
        "fix_at": "2026-11-23T09:59:40+08:00",
        "at": "2026-11-23T10:00:00+08:00",
        "sent_at": "2026-11-23T10:00:03+08:00",
        "device": "phone-7f3a",
        "place": "江苏省常熟市新泰纺织机械",
        "report": _REPORT,
        "photos": [UPLOAD_ID],
    },
    "VisitMadeOut": {
        "id": VISIT_ID,
        "distance_m": 120,
        "said": "距客户约 120 米",
        "customer_name": _NAME,
        **_CLEAR,
        "signals": [],
        "again": False,
    },
    "VisitsQuery": {"day": "2026-11-23", "limit": 20},
    "VisitsOut": {"visits": [_LINE], "next_cursor": _CURSOR},
    "ReviewsQuery": {"limit": 20},
    "ReportIn": {"report": _REPORT},
    "AppealIn": {"words": "客户搬到新厂区了，定位在新厂门口"},
    "ReviewIn": {"verdict": "valid", "words": "和客户核实过，人到了"},
    "VisitOut": _LINE
    | {
        "score": None,
        "signals": [],
        "reviews": [],
        "may_report": False,
        "may_retract": True,
        "may_appeal": False,
        "may_review": False,
    },
    "DayQuery": {"day": "2026-11-23"},
    "HereIn": {"latitude": 31.6538, "longitude": 120.7523, "datum": "gcj02"},
    "NearbyOut": {
        "customers": [
            {"customer_id": CUSTOMER_ID, "customer_name": _NAME, "metres": 120, "said": "约 120 米"},
        ]
    },
    "PlanIn": {
        "client_id": "plan-20261123-1",
        "customer_id": CUSTOMER_ID,
        "day": "2026-11-23",
        "place": 1,
        "note": "看泵房",
    },
    "PlanChangeIn": {"place": 2},
    "PlansOut": {"plans": [_PLAN]},
    "PlanMadeOut": {"id": PLAN_ID, "again": False, "plans": [_PLAN]},
    "RouteOut": {"planned": [_STOP], "actual": [_BEEN], "planned_metres": 0, "actual_metres": 0, "done": 1},
    "CallIn": {
        "client_id": "call-20261123-1",
        "customer_id": CUSTOMER_ID,
        "contact_id": CONTACT_ID,
        "at": "2026-11-23T10:00:00+08:00",
    },
    "CallToldIn": {"reached": True, "note": "确认了口径和扬程，周五前给修改方案"},
    "CallOut": _CALLED,
}
