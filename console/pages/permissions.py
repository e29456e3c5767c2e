"""权限: how far each role sees, who sees beyond it, and which groups of fields a role reads and edits."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from config.grants import MASKED, Grant
from config.vocabulary import FieldObject, Role
from console.answers import done
from console.desk import ADMINS, OPERATORS, Desk, actor, asked
from crm import uow
from crm.errors import Invalid, NotFound
from crm.reads import grants as reads
from crm.usecases.grants import grant_fields

# In plain words, as `crm.access` does it.
REACH = {
    Role.REP: "自己名下的客户，和共享给他的",
    Role.TEAM_LEAD: "自己负责的部门的客户，和等他分配的",
    Role.REGIONAL_MANAGER: "自己负责和分管的部门，连同下级部门",
    Role.DIRECTOR: "自己负责和分管的部门，连同下级部门",
    Role.OPERATIONS: "全公司的客户，管规则、导入和数据",
    Role.FINANCE: "不看客户名单，只看共享给他的",
    Role.SERVICE: "不看客户名单，只看共享给他的",
    Role.ADMIN: "全公司的客户，管人员、角色和权限",
}
# What a cell may say, with the word for it.
CHOICES = (
    ("edit", "可看可改", Grant(read=True, edit=True)),
    ("read", "只能看", Grant(read=True, edit=False)),
    ("fill", "遮住可改", Grant(read=False, edit=True)),
    ("none", "遮住", Grant(read=False, edit=False)),
)
_GRANTS = {key: grant for key, _, grant in CHOICES}


def mount(desk: Desk) -> None:
    @desk.page("/permissions", OPERATORS)
    def permissions() -> str:
        record = _record(asked("of", 16) or FieldObject.CUSTOMER)
        with uow.reading() as s:
            rows = reads.matrix(s, actor(), record)
            people, scopes = reads.headcount(s, actor()), reads.extra_scopes(s, actor())
        return render_template(
            "console/permissions.html",
            rows=rows,
            record=record,
            records=list(FieldObject),
            roles=list(Role),
            reach=REACH,
            choices=CHOICES,
            masked=MASKED,
            people=people,
            scopes=scopes,
            may_grant=actor().role in ADMINS,
        )

    @desk.page("/permissions/<record>", ADMINS, "POST")
    def grant_groups(record: str) -> ResponseReturnValue:
        """The whole table of one kind of record at once; what he left as his page had it, a colleague may have set."""
        of = _record(record)
        clock = desk.deps.clock

        def granted(s: uow.Session) -> int:
            known = reads.groups(s, of)
            wanted = {}
            for name, choice in request.form.items():
                role, _, group = name.partition(":")
                if role not in set(Role) or group not in known or choice == request.form.get(f"was.{name}"):
                    continue
                if choice not in _GRANTS:
                    raise Invalid("没有这种权限，请重新选择")
                wanted[Role(role), group] = _GRANTS[choice]
            return grant_fields(s, actor(), of, wanted, clock(), entrance="console")

        changed = uow.attempt(granted)
        back = url_for("console.permissions", of=of.value)
        if not changed:
            return done("没有改动", back)
        return done(f"已保存，改了 {changed} 处，立刻生效", back)


def _record(text: str) -> FieldObject:
    try:
        return FieldObject(text)
    except ValueError:
        raise NotFound("没有这种记录的权限表") from None
