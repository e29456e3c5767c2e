"""Examples of what a phone sends and is told of deals, by the name of the model."""

from typing import Any

from miniapp_api.example_ids import ATTACHMENT_ID, CUSTOMER_ID, DEAL_ID, EVIDENCE_ID, MILESTONE_ID
from miniapp_api.sales_examples import COMPARED

_PROOF = {
    "id": EVIDENCE_ID,
    "stage": "方案提交",
    "kind": "minutes",
    "kind_label": "会议纪要",
    "attachment_id": ATTACHMENT_ID,
    "file": "10-12 技术交流纪要.docx",
    "by": "李强",
    "at": "2026-11-23T02:00:00Z",
    "sealed": False,
}
_DUE = {"kind": "bid_deadline", "due_at": "2026-12-10T02:00:00Z", "note": "线上递交"}
_NOTED = {"id": MILESTONE_ID, "kind_label": "截标"} | _DUE

DEAL_EXAMPLES: dict[str, dict[str, Any]] = {
    "DealPageOut": {
        "id": DEAL_ID,
        "customer_id": CUSTOMER_ID,
        "customer": "常熟新泰纺织机械有限公司",
        "name": "二期循环泵",
        "amount": "860000.00",
        "owner": "李强",
        "stage": "requirement",
        "stage_since": "2026-11-11T02:00:00Z",
        "ended_for": None,
        "competitor": "",
        "ladder": [
            {"key": "requirement", "label": "需求确认", "kind": "open", "needs": []},
            {"key": "proposal", "label": "方案提交", "kind": "open", "needs": ["minutes"]},
        ],
        "towards": "proposal",
        "missing": [],
        "evidence": [_PROOF],
        "history": [
            {
                "stage": "需求确认",
                "since": "2026-11-11T02:00:00Z",
                "until": None,
                "days": 8,
                "by": "李强",
                "reason": "",
                "forced": False,
            }
        ],
        "milestones": [_NOTED | {"by": "李强", "done_at": None}],
        "may_write": True,
        "may_force": False,
        "undo_until": "2026-11-11T02:10:00Z",
        "approval_id": None,
        "beside": COMPARED,
        "fields": [
            {
                "key": "amount",
                "label": "金额",
                "group": "基本信息",
                "kind": "money",
                "shown": "860000.00",
                "keys": [],
                "missing": False,
                "may_edit": True,
            }
        ],
    },
    "MilestoneIn": _DUE,
    "MilestoneMoveIn": {"due_at": "2026-12-12T02:00:00Z", "note": "延期两天"},
    "MilestoneNotedOut": _NOTED | {"deal_id": DEAL_ID},
    "PipelinesOut": {
        "pipelines": [
            {
                "name": "标准流程",
                "version": 2,
                "below": None,
                "stages": [
                    {
                        "key": "proposal",
                        "label": "方案提交",
                        "kind": "open",
                        "needs": ["minutes"],
                        "days": 7,
                        "probability": 30,
                    }
                ],
            }
        ]
    },
    "DealIn": {"name": "二期循环泵", "amount": "86万", "fields": {"medium": "热水"}},
    "DealMadeOut": {"id": DEAL_ID, "name": "二期循环泵", "customer": "常熟新泰纺织机械有限公司", "stage": "需求确认"},
    "MoveIn": {"to": "proposal"},
    "MovedOut": {
        "id": DEAL_ID,
        "way": "forward",
        "forced": False,
        "said": "「二期循环泵」从「需求确认」到「方案提交」",
        "approval_id": None,
    },
    "MoveBackIn": {"stage": "proposal"},
    "MovedBackOut": {"id": DEAL_ID, "said": "已撤销：商机「二期循环泵」的阶段变动"},
    "EvidenceIn": {"stage": "proposal", "kind": "minutes", "attachment_id": ATTACHMENT_ID},
    "EvidenceOut": _PROOF,
}
