"""Commands that people know from elsewhere and that are not here yet: said plainly, with what works instead."""

_POOL = (
    "没有自己领取的公海：到期释放的客户先进主管的「等我分配」，由主管分给人。"
    "主管发 /待办，回复序号就能分配；想要某家公司，发 /查重 公司名 看看有没有人在跟进，再找主管"
)
_RANKING = "还没有排行榜。发 /日报 看自己今天做了什么；团队的商机和漏斗在管理后台「商机」里看"
_SPELLED = (
    (("公海", "gonghai", "pool"), _POOL),
    (("领取", "lingqu", "claim"), _POOL),
    (("排行", "排行榜", "paihang", "rank", "ranking"), _RANKING),
)
_SAID = {spelling: said for spellings, said in _SPELLED for spelling in spellings}
NAMES = {spelling: spellings[0] for spellings, _ in _SPELLED for spelling in spellings}  # for whoever mistypes one


def absent(name: str) -> str:
    """What to say to such a command; empty for every other name."""
    return _SAID.get(name.casefold(), "")
