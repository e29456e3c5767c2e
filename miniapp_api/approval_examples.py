"""Examples of what a phone sends and is told of approvals and absences, by the name of the model."""

from typing import Any

from miniapp_api.example_ids import ABSENCE_ID, APPROVAL_ID, DEAL_ID

_APPROVAL = {
    "id": APPROVAL_ID,
    "deal_id": DEAL_ID,
    "quote_id": "",
    "deal": "二期循环泵",
    "customer": "常熟新泰纺织机械有限公司",
    "amount": "860000.00",
    "told": "金额 ¥86 万 超过 ¥50 万",
    "to": "合同审批",
    "asked_by": "李强",
    "asked_at": "2026-11-23T02:00:00Z",
    "state": "waiting",
    "state_label": "审批中",
    "waits_for": ["周总监"],
    "hours": 1.5,
    "my_turn": True,
}
_SIGNER = {
    "step": 1,
    "mode": "any",
    "name": "周总监",
    "in_place_of": "",
    "state": "asked",
    "state_label": "等待处理",
    "asked_at": "2026-11-23T02:00:00Z",
    "signed_at": None,
    "hours": None,
    "rejected_for": None,
    "words": "",
}
_ABSENCE = {
    "id": ABSENCE_ID,
    "person": "周总监",
    "deputy": "李强",
    "first_day": "2026-12-01",
    "last_day": "2026-12-05",
    "mine": True,
}

APPROVAL_EXAMPLES: dict[str, dict[str, Any]] = {
    "ApprovalsOut": {"approvals": [_APPROVAL], "total": 1, "page": 1, "pages": 1},
    "ApprovalOut": _APPROVAL,
    "ApprovalPageOut": {"approval": _APPROVAL, "reason": "", "signers": [_SIGNER], "notes": [], "mine": False},
    "SignerOut": _SIGNER,
    "NoteOut": {"by": "周总监", "told": "", "words": "付款条件再谈一次", "at": "2026-11-23T03:00:00Z"},
    "DecideIn": {"verdict": "reject", "why": "price", "words": "低于底价"},
    "SignerIn": {"userid": "zhaomin", "how": "add"},
    "NoteIn": {"words": "付款条件再谈一次"},
    "SignedOut": {
        "id": APPROVAL_ID,
        "state": "approved",
        "said": "「二期循环泵」已同意，商机从「价格谈判」到「合同审批」",
    },
    "AbsenceIn": {"userid": "liqiang", "first_day": "2026-12-01", "last_day": "2026-12-05"},
    "AbsenceOut": _ABSENCE,
    "AbsencesOut": {"absences": [_ABSENCE]},
}
