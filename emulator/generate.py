"""`python -m emulator.generate --members 5000 --departments 400 --people 200000 > company.json`: a large company."""

import argparse
import json
import random
import sys
from pathlib import Path

from emulator.tenant import Json

DEMO = Path(__file__).parent / "demo" / "company.json"
BORN = 1_700_000_000
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"
PLACES, TRADES = ("苏州", "无锡", "昆山", "常州", "宁波", "佛山"), ("泵业", "阀门", "水务", "热能", "机械", "仪表")
TAGS = {"客户等级": ("重点", "普通", "潜在"), "来源": ("展会", "转介绍", "官网")}
FANOUT, PER_GROUP = 8, 30  # departments below one, people outside in one customer group
CROWD = 200  # people outside for each customer group


def company(members: int, departments: int, people: int, seed: int = 8) -> Json:
    """The demo's app with another company around it, the same each time for one `seed`.

    Departments are a tree, each with one leader; every hundredth person outside is a friend of two members.
    """
    dice = random.Random(seed)
    made: Json = json.loads(DEMO.read_text(encoding="utf-8"))
    numbers = range(1, departments + 1)
    userids = [f"m{n:05d}" for n in range(members)]
    made["app"]["visible_departments"] = [1]
    made["departments"] = [
        {
            "id": n,
            "name": f"第{n}部" if n > 1 else made["corp_name"],
            "parentid": 0 if n == 1 else (n - 2) // FANOUT + 1,
            "order": 1000 - n,
            "department_leader": [userids[n % members]],
        }
        for n in numbers
    ]
    made["members"] = [_member(dice, userid, n % departments + 1, userids) for n, userid in enumerate(userids)]
    made["tags"] = [
        {
            "group_id": f"etGroup{g:025d}", "group_name": name, "create_time": BORN, "order": 0, "deleted": False,
            "tag": [
                {"id": f"etTag{g:03d}{t:024d}", "name": one, "create_time": BORN, "order": 0}
                for t, one in enumerate(names)
            ],
        }
        for g, (name, names) in enumerate(TAGS.items())
    ]  # fmt: skip
    tag_ids = [tag["id"] for group in made["tags"] for tag in group["tag"]]
    made["outside"] = [_outside(dice, n, userids, tag_ids) for n in range(people)]
    made["groups"] = [_group(dice, n, userids, made["outside"]) for n in range(people // CROWD)]
    return made


def _name(dice: random.Random) -> str:
    return dice.choice(SURNAMES) + "".join(dice.choices(GIVEN, k=dice.choice((1, 2))))


def _member(dice: random.Random, userid: str, department: int, userids: list[str]) -> Json:
    return {
        "userid": userid,
        "name": _name(dice),
        "department": [department],
        "main_department": department,
        "position": "销售",
        "is_leader_in_dept": [0],
        "direct_leader": [userids[department % len(userids)]],
        "status": 1,
    }


def _outside(dice: random.Random, n: int, userids: list[str], tag_ids: list[str]) -> Json:
    kind, name = (2 if n % 3 == 0 else 1), _name(dice)
    corp = f"{dice.choice(PLACES)}{_name(dice)}{dice.choice(TRADES)}有限公司"
    return {
        "external_userid": f"{'wo' if kind == 2 else 'wm'}Big{n:027d}",
        "name": name,
        "corp_name": corp if kind == 2 else "",
        "position": "采购" if kind == 2 else "",
        "type": kind,
        "gender": n % 3,
        "friends": [
            {
                "userid": userid,
                "remark": f"{name}-{corp[:6]}",
                "remark_corp_name": "" if kind == 2 else corp,
                "createtime": BORN + n,
                "add_way": dice.choice((1, 3, 4, 16)),
                "tags": dice.sample(tag_ids, dice.choice((0, 0, 1, 2))),
            }
            for userid in dice.sample(userids, 2 if n % 100 == 0 else 1)
        ],
    }


def _group(dice: random.Random, n: int, userids: list[str], outside: list[Json]) -> Json:
    owner = dice.choice(userids)
    inside = [{"userid": owner, "type": 1, "join_time": BORN, "join_scene": 1, "name": owner}]
    return {
        "chat_id": f"wrBig{n:027d}",
        "name": f"客户群{n}" if n % 2 else "",
        "owner": owner,
        "create_time": BORN + n,
        "members": inside
        + [
            {"userid": one["external_userid"], "type": 2, "join_time": BORN, "join_scene": 3, "name": one["name"]}
            for one in dice.sample(outside, min(PER_GROUP, len(outside)))
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m emulator.generate", description="Print a large company's file.")
    for name, usual in (("members", 5000), ("departments", 400), ("people", 200_000)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    wanted = parser.parse_args()
    json.dump(company(wanted.members, wanted.departments, wanted.people), sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main()
