"""Examples of what a phone sends and is told of products and quotes, by the name of the model."""

from typing import Any

from miniapp_api.example_ids import CONFLICT_ID, CUSTOMER_ID, DEAL_ID, PRODUCT_ID, QUOTE_ID

_PRODUCT = {
    "id": PRODUCT_ID,
    "model": "IHG80-160",
    "name": "立式化工泵",
    "calibre": "DN80",
    "pressure": "1.6MPa",
    "material": "316L",
    "unit": "台",
    "currency": "CNY",
    "list_price": "10000.00",
    "version": 1,
}
_PAST = {
    "quote_id": QUOTE_ID,
    "number": "BJ261123-17",
    "customer": "常熟新泰纺织机械有限公司",
    "who": "李强",
    "at": "2026-11-23T02:00:00Z",
    "state": "won",
    "state_label": "赢单",
    "quantity": "2",
    "unit_price": "9500.00",
    "list_price": "10000.00",
    "currency": "CNY",
}
_QUOTE = {
    "id": QUOTE_ID,
    "number": "BJ261123-17",
    "version": 1,
    "customer_id": CUSTOMER_ID,
    "customer": "常熟新泰纺织机械有限公司",
    "owner": "李强",
    "team": "华东一组",
    "state": "open",
    "state_label": "未结",
    "total": "19000.00",
    "currency": "CNY",
    "discount": "5.00",
    "valid_until": "2026-12-23",
    "made_at": "2026-11-23T02:00:00Z",
    "sent_at": None,
}
_LINE = {
    "product_id": PRODUCT_ID,
    "what": "IHG80-160 立式化工泵",
    "unit": "台",
    "quantity": "2",
    "unit_price": "9500.00",
    "sum": "19000.00",
    "list_price": "10000.00",
}
_CONFLICT = {
    "id": CONFLICT_ID,
    "number": "BJ261123-18",
    "customer": "常熟市新泰纺织机械有限公司",
    "first": "李强（华东一组）",
    "second": "王敏（华东二组）",
    "reason": "名称相同",
    "due_at": "2026-11-24T02:00:00Z",
    "escalated": False,
    "verdict": None,
    "decided_at": None,
    "may_vote": True,
}
_CHANGE = {"model": "IHG80-160", "was": "10000.00", "now": "11000.00"}
_MADE = {
    "id": QUOTE_ID,
    "number": "BJ261123-17",
    "version": 1,
    "state": "open",
    "state_label": "未结",
    "total": "19000.00",
    "currency": "CNY",
    "told": "可以发给客户了",
    "changes": [],
}
_LINE_IN = {"product_id": PRODUCT_ID, "quantity": "2", "unit_price": "9500"}

QUOTE_EXAMPLES: dict[str, dict[str, Any]] = {
    "ProductOut": _PRODUCT,
    "ProductChangedOut": {"id": PRODUCT_ID, "model": "IHG80-160", "version": 2},
    "ProductSeenIn": {"version": 1},
    "ProductIn": {"model": "IHG80-160", "name": "立式化工泵", "calibre": "DN80", "unit": "台", "version": 1},
    "ProductsOut": {"products": [_PRODUCT], "total": 1, "page": 1, "pages": 1},
    "PastPriceOut": _PAST,
    "PriceHistoryOut": {"customer": [_PAST], "industry": []},
    "QuoteOut": _QUOTE,
    "QuotesOut": {"quotes": [_QUOTE], "total": 1, "page": 1, "pages": 1},
    "QuoteLineOut": _LINE,
    "QuoteConflictOut": _CONFLICT,
    "QuoteConflictsOut": {"conflicts": [_CONFLICT]},
    "QuotePageOut": {
        "quote": _QUOTE,
        "deal_id": DEAL_ID,
        "deal": "二期循环泵",
        "note": "含税，不含安装",
        "below_floor": False,
        "lines": [_LINE],
        "versions": [_QUOTE],
        "conflicts": [],
        "approval_id": None,
        "keeps": True,
    },
    "PriceChangeOut": _CHANGE,
    "QuoteMadeOut": _MADE,
    "QuoteSaidOut": {"said": "已记下您的意见，等另一方主管"},
    "QuoteLineIn": _LINE_IN,
    "QuoteIn": {"lines": [_LINE_IN], "currency": "CNY", "note": "含税，不含安装"},
    "QuoteVerdictIn": {"verdict": "first"},
}
