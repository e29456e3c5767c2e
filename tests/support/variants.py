"""Companies and how somebody else may write the same one: by the way, not by chance, so that a run can be repeated."""

import random
from collections.abc import Iterator

_PLACES = ("苏州", "无锡", "常熟", "宁波", "温州", "佛山", "青岛", "大连", "成都", "长沙", "合肥", "厦门")
_TRADES = (
    "热能工程",
    "泵业",
    "阀门制造",
    "环保科技",
    "化工设备",
    "水务工程",
    "机电设备",
    "仪表科技",
    "纺织机械",
    "船舶配件",
)
_FORMS = ("有限公司", "股份有限公司", "有限责任公司")
_SIGNS = "瑞衡鼎盛泰恒嘉禾博远宏图凯越铭锐昊天晟辉翔宇腾龙骏驰朗润泽沛森海澜凌云锦绣卓尔诚信德邦华美康佳利民新源立信"
_TRADITIONAL = str.maketrans(
    "热设备环业门闸苏宁温青连长厦无锡纺织机械电仪", "熱設備環業門閘蘇寧溫青連長廈無錫紡織機械電儀"
)


def variants(many: int, seed: int = 18) -> Iterator[tuple[str, str]]:
    """(a company's name, the same company as another team has written it)."""
    chance = random.Random(seed)
    seen: set[str] = set()
    while len(seen) < many:
        brand = "".join(chance.sample(_SIGNS, 3))
        if brand in seen:
            continue
        seen.add(brand)
        place, trade, form = chance.choice(_PLACES), chance.choice(_TRADES), chance.choice(_FORMS)
        name = f"{place}{brand}{trade}{form}"
        ways = (
            f" {name} ",
            f"{place}市{brand}{trade}{form}",
            f"{brand}{trade}（{place}）{form}",
            f"{brand}{trade}({place}){form}",
            f"{brand}({place}){trade}{form}",
            f"{place} {brand} {trade}{form}",
            name.translate(_TRADITIONAL),
            *(f"{place}{brand}{trade}{one}" for one in _FORMS if one != form),
        )
        yield name, chance.choice(ways)
