"""Examples of what a phone asks and is told of many deals, by the name of the model."""

from typing import Any

from miniapp_api.example_ids import CUSTOMER_ID, DEAL_ID


def _spread(many: int, low: int, middle: int, high: int) -> dict[str, Any]:
    return {"many": many, "low": low, "middle": middle, "high": high}


def _share(part: int, whole: int, percent: int) -> dict[str, Any]:
    return {"part": part, "whole": whole, "percent": percent}


_MONEY = {"amount": "2310000.00", "weighted": "1155000.00"}
_LINE = {"name": "2026-12", "team": "", "count": 4} | _MONEY
_ENDING = {
    "key": "price",
    "label": "价格",
    "won": 6,
    "lost": 9,
    "amount_won": "2860000.00",
    "amount_lost": "4120000.00",
    "win_rate": _share(6, 15, 40),
}
_PERIOD = {"since": "2025-12-31T16:00:00Z", "until": "2026-11-23T16:00:00Z"}

COMPARED: dict[str, Any] = {
    "told": "已 34 天，同类赢单中位 87 天；接触 3 次，赢单通常 5 次（依据 42 个赢单）",
    "days": 34,
    "cycle": _spread(42, 61, 87, 118),
    "touches": 3,
    "usual_touches": _spread(42, 4, 5, 8),
    "stage_days": 8,
    "limit": 10,
    "colour": "green",
    "dwell": _spread(40, 6, 11, 19),
    "won_from_here": _share(42, 130, 32),
    "expected": "2027-01-14T02:00:00Z",
    "lacking": ["拜访"],
}

SALES_EXAMPLES: dict[str, dict[str, Any]] = {
    "BoardQuery": {"scope": "team", "colour": "red", "sort": "days"},
    "BoardOut": {
        "scopes": ["team", "mine", "all"],
        "pipelines": ["标准流程", "小单流程"],
        "total": 4,
        **_MONEY,
        "columns": [
            {
                "stage": "negotiation",
                "label": "价格谈判",
                "total": 4,
                "yellow": 2,
                "red": 1,
                **_MONEY,
                "page": 1,
                "pages": 1,
                "cards": [
                    {
                        "id": DEAL_ID,
                        "name": "二期循环泵",
                        "customer_id": CUSTOMER_ID,
                        "customer": "常熟新泰纺织机械有限公司",
                        "owner": "李强",
                        "amount": "860000.00",
                        "days": 17,
                        "limit": 15,
                        "colour": "yellow",
                        "colour_label": "黄牌",
                        "stage_since": "2026-10-30T02:00:00Z",
                        "snoozed_until": None,
                        "moves": True,
                        "due": {"kind": "bid_deadline", "kind_label": "截标", "due_at": "2026-12-10T02:00:00Z"},
                    }
                ],
            }
        ],
    },
    "PeriodQuery": {"scope": "team", "since": "2026-01-01", "until": "2026-11-23"},
    "FunnelOut": {
        "pipeline": "标准流程",
        "pipelines": ["标准流程", "小单流程"],
        **_PERIOD,
        "opened": 151,
        "won": 42,
        "lost": 61,
        "stages": [
            {
                "stage": "negotiation",
                "label": "价格谈判",
                "count": 4,
                **_MONEY,
                "further": _share(55, 80, 69),
                "won": _share(42, 80, 52),
                "dwell": _spread(76, 7, 12, 18),
            }
        ],
        "forecast": {
            "won": 42,
            "total": _LINE | {"name": ""},
            "months": [_LINE],
            "teams": [_LINE | {"name": "华东销售部"}],
            "people": [_LINE | {"name": "李强", "team": "华东销售部"}],
        },
    },
    "PathsOut": {
        "pipelines": [
            {
                "pipeline": "标准流程",
                "closed": 130,
                "won": 42,
                "cycle": _spread(42, 61, 87, 118),
                "touches": _spread(42, 4, 5, 8),
                "kinds": [{"label": "拜访", "share": _share(38, 42, 90), "key": True}],
                "steps": [
                    {
                        "label": "价格谈判",
                        "further": _share(55, 80, 69),
                        "won": _share(42, 80, 52),
                        "dwell": _spread(42, 7, 12, 18),
                        "to_win": _spread(42, 15, 24, 36),
                    }
                ],
            }
        ]
    },
    "EndingsOut": {
        "pipelines": ["标准流程", "小单流程"],
        **_PERIOD,
        "total": _ENDING | {"key": "", "label": ""},
        "shelved": 7,
        "reasons": [_ENDING],
        "competitors": [_ENDING | {"key": "格兰富", "label": "格兰富"}],
        "all_competitors": 11,
    },
}
