"""Examples of projects, look-ups, merges, collisions, channels."""

from typing import Any

from miniapp_api.example_ids import COLLISION_ID, CUSTOMER_ID, LOSER_ID, MERGE_ID, PROJECT_ID, REGISTRATION_ID

_NAME, _SHORT = "常熟新泰纺织机械有限公司", "常熟新泰纺机"
_PROJECT = {
    "id": PROJECT_ID,
    "name": "二期循环水泵",
    "end_user": _NAME,
    "site": "江苏常熟",
    "tender_no": "SZ2026-0117",
    "state": "open",
    "registered_until": "2027-02-21T16:00:00Z",
    "contested": False,
}
_FILE = _PROJECT | {
    "end_user_id": CUSTOMER_ID,
    "created_by": "李强",
    "created_at": "2026-11-23T02:00:00Z",
    "parties": [{"id": CUSTOMER_ID, "name": _NAME, "role": "end_user", "role_label": "终端用户"}],
    "registrations": [
        {
            "id": REGISTRATION_ID,
            "dealer": "苏州恒力泵业有限公司",
            "rep": "李强",
            "reason": "设计院已经选型",
            "registered_at": "2026-11-23T02:00:00Z",
            "expires_at": "2027-02-21T16:00:00Z",
            "standing": "protected",
            "days_left": 90,
            "own": True,
        }
    ],
}
_PARTY = {"customer_id": CUSTOMER_ID, "role": "dealer"}

WORK_EXAMPLES: dict[str, dict[str, Any]] = {
    "ProjectsQuery": {"query": "循环水泵", "state": "open", "limit": 20},
    "ProjectsOut": {"projects": [_PROJECT], "total": 1},
    "ProjectIn": {"name": "二期循环水泵", "end_user_id": CUSTOMER_ID, "site": "江苏常熟", "tender_no": "SZ2026-0117"},
    "ProjectChangeIn": {"site": "江苏常熟经开区"},
    "ProjectStateIn": {"state": "won"},
    "PartyIn": _PARTY,
    "RegisterIn": {"customer_id": CUSTOMER_ID, "reason": "设计院已经选型"},
    "ReasonIn": {"reason": "招标推迟到下季度"},
    "ShortenIn": {"was": "2027-02-21T16:00:00Z"},
    "ProjectOut": _FILE,
    "ProjectSavedOut": _FILE | {"said": "项目「二期循环水泵」已建好。接着报备"},
    "RegisteredOut": {
        "id": REGISTRATION_ID,
        "expires_at": "2027-02-21T16:00:00Z",
        "protected": True,
        "said": "已报备，「苏州恒力泵业有限公司」受保护到 2027-02-21",
    },
    "RegistrationDoneOut": {
        "said": "「二期循环水泵」的报备已延期",
        "was": "2027-02-21T16:00:00Z",
        "expires_at": "2027-05-22T16:00:00Z",
    },
    "LookUpIn": {"name": _SHORT, "phone": "0512-52880000"},
    "LookUpOut": {
        "said": f"有和「{_SHORT}」相同或相近的客户。同一家就别重复建；需要配合请找主管协调",
        "hits": [
            {
                "id": None,
                "name": "",
                "owner": "同事在跟进",
                "same": True,
                "settled": True,
                "score": 96,
                "reason": "名称相同",
            }
        ],
    },
    "VerdictIn": {"verdict": "together"},
    "SaidOut": {"said": "已记下您的意见，等另一方主管"},
    "CollisionsOut": {
        "collisions": [
            {
                "id": COLLISION_ID,
                "name": _SHORT,
                "holder": "李强",
                "asker": "王芳",
                "reason": "名称相同",
                "opened_at": "2026-11-23T02:00:00Z",
                "due_at": "2026-11-24T02:00:00Z",
                "escalated": False,
                "verdict": "",
                "may_differ": True,
            }
        ]
    },
    "MergeIn": {"loser_id": LOSER_ID, "from_loser": ["address"]},
    "MergedOut": {
        "id": MERGE_ID,
        "customer_id": CUSTOMER_ID,
        "customer_name": _NAME,
        "loser_name": _SHORT,
        "moved": 12,
        "cut": [{"person": "王芳", "before": 30, "after": 10}],
        "undo_until": "2026-12-23T02:00:00Z",
    },
    "MergesOut": {
        "merges": [
            {
                "id": MERGE_ID,
                "winner": _NAME,
                "winner_id": CUSTOMER_ID,
                "loser": _SHORT,
                "at": "2026-11-23T02:00:00Z",
                "who": "赵敏",
                "undone_at": None,
                "undo_until": "2026-12-23T02:00:00Z",
            }
        ]
    },
    "ComparisonOut": {
        "winner": _NAME,
        "loser": _SHORT,
        "differs": [{"key": "name", "label": "公司名称", "winner": _NAME, "loser": _SHORT}],
        "filled": [{"key": "address", "label": "地址", "winner": "", "loser": "常熟市新泰路 8 号"}],
        "cut": [{"person": "王芳", "before": 30, "after": 10}],
    },
    "ApartOut": {"customer_name": _NAME, "loser_name": _SHORT, "loser_id": LOSER_ID, "stayed": 0},
    "AssignIn": {"userid": "wangfang"},
    "ChannelsQuery": {"since": "2026-01-01", "until": "2026-11-23", "sort": "amount_won"},
    "ChannelsOut": {
        "since": "2025-12-31T16:00:00Z",
        "until": "2026-11-23T16:00:00Z",
        "channels": [
            {
                "source": "event",
                "source_label": "市场活动",
                "campaign": "2026 上海泵阀展",
                "leads": 48,
                "answered": 45,
                "in_time": 92,
                "response": 41,
                "converted": 12,
                "conversion": 25,
                "invalid": 9,
                "customers": 14,
                "to_deal": 11,
                "to_won": 87,
                "amount_won": "1860000.00",
                "amount_open": "2450000.00",
                "repeat": 2,
            }
        ],
    },
}
