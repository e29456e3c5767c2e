"""Examples of digests."""

from typing import Any

from miniapp_api.example_ids import CUSTOMER_ID, DIGEST_ID, TODO_ID

_DIGEST = {
    "id": DIGEST_ID,
    "customer_id": CUSTOMER_ID,
    "customer_name": "常熟新泰纺织机械有限公司",
    "at": "2026-11-24T02:05:00Z",
    "counts": True,
    "origin": "pasted",
    "origin_label": "粘贴的聊天",
    "engine": "extractive",
    "engine_label": "本地摘录",
    "sentences": [
        {
            "kind": "need",
            "kind_label": "需求",
            "text": "王工表示：我们需要20台WQ15-15-1.5",
            "due": None,
            "cited": [
                {
                    "number": 1,
                    "speaker": "王工",
                    "ours": False,
                    "at": "2026-11-24T02:03:00Z",
                    "text": "我们需要20台WQ15-15-1.5",
                }
            ],
        },
        {
            "kind": "promise",
            "kind_label": "承诺",
            "text": "李强答应：周五前给您报价",
            "due": "2026-11-27",
            "cited": [
                {
                    "number": 2,
                    "speaker": "李强",
                    "ours": True,
                    "at": "2026-11-24T02:05:00Z",
                    "text": "好的，周五前给您报价",
                }
            ],
        },
    ],
}

DIGEST_EXAMPLES: dict[str, dict[str, Any]] = {
    "DigestIn": {"text": "王工 2026-11-24 10:03\n我们需要20台WQ15-15-1.5\n李强 2026-11-24 10:05\n好的，周五前给您报价"},
    "DigestOut": _DIGEST,
    "DigestMadeOut": _DIGEST
    | {"remark": "", "todos": [{"id": TODO_ID, "text": "周五前给您报价", "due_at": "2026-11-27T01:00:00Z"}]},
}
