"""查重与合并: is it there twice, which values stay, and take it apart again; collisions and how strict the radar is."""

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from config.collisions import CollisionVerdict, Evidence, RadarEntry, Weight, said
from config.vocabulary import Role
from console.answers import done
from console.desk import Desk, actor, asked, typed
from crm import policy, uow
from crm.access import JUDGES
from crm.errors import CrmError, Invalid, UsedUp
from crm.reads import duplicates as reads
from crm.usecases import collisions, look_alikes, merging, radar

STRICT = frozenset({Role.OPERATIONS, Role.ADMIN})
ENTRIES = tuple(entry for entry in RadarEntry if entry is not RadarEntry.QUOTE)


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/duplicates", JUDGES)
    def duplicates() -> ResponseReturnValue:
        name, me = asked("q"), actor()
        asking = {"name": name}
        found: Sequence[radar.Similar] = ()
        refused: CrmError | None = None
        try:
            if name:
                found = uow.attempt(
                    lambda s: look_alikes.look_alikes(s, me, asking, clock(), entrance="console", limit=20)
                ).hits
        except (Invalid, UsedUp) as error:
            refused = error
        with uow.reading() as s:
            rules = {entry: radar.weights_at(s, entry) for entry in ENTRIES} if me.role in STRICT else {}
            drawn = render_template(
                "console/duplicates.html",
                q=name,
                refused=str(refused) if refused else "",
                found=found,
                merges=reads.merges(s, me, clock()),
                collisions=reads.collisions(s, me),
                rules=rules,
                evidence=list(Evidence),
                weights=list(Weight),
                said=said,
            )
        return drawn, refused.http_status if refused else 200

    @desk.page("/duplicates/compare", JUDGES)
    def compare() -> ResponseReturnValue:
        """Two ticked hits; `winner` turns them round."""
        chosen = [one[:20] for one in request.args.getlist("one")]
        if len(chosen) != 2:
            raise Invalid("请勾选两份档案，再点「对比」。回到上一页重新勾选")
        if chosen[0] == chosen[1]:
            raise Invalid("两边是同一份档案，没有什么可以对比。回到上一页勾选另一份")
        winner, loser = chosen if asked("winner") != chosen[1] else chosen[::-1]
        with uow.reading() as s:
            found = reads.compare(s, actor(), winner, loser, clock())
            days = policy.current(s).merge_undo_days
        return render_template("console/compare.html", found=found, days=days)

    @desk.page("/duplicates/merge", JUDGES, "POST")
    def merge_customers() -> ResponseReturnValue:
        winner, loser = typed("winner", 20), typed("loser", 20)
        fields = [key.removeprefix("take-") for key, side in request.form.items() if side == "loser"]
        merged = uow.attempt(lambda s: merging.merge(s, actor(), winner, loser, fields, clock(), entrance="console"))
        return redirect(url_for("console.customer", public_id=merged.winner_public_id), 303)

    @desk.page("/duplicates/merges/<public_id>/undo", JUDGES, "POST")
    def undo_merge(public_id: str) -> ResponseReturnValue:
        apart = uow.attempt(lambda s: merging.take_apart(s, actor(), public_id, clock(), entrance="console"))
        kept = f"，{apart.stayed} 处后来改过的内容留在「{apart.winner_name}」" if apart.stayed else ""
        return done(f"已拆开：{apart.loser_name}{kept}", url_for("console.duplicates"))

    @desk.page("/duplicates/collisions/<public_id>", JUDGES, "POST")
    def vote_collision(public_id: str) -> ResponseReturnValue:
        verdict = typed("verdict", 10)
        if verdict not in set(CollisionVerdict):
            raise Invalid("请选一个结果：归现负责人、归申请人、共同跟进，或不是同一家")
        outcome = uow.attempt(
            lambda s: collisions.vote_on(s, actor(), public_id, CollisionVerdict(verdict), clock(), entrance="console")
        )
        return done(outcome, url_for("console.duplicates"))

    @desk.page("/duplicates/rules", STRICT, "POST")
    def weigh_evidence() -> ResponseReturnValue:
        entry, evidence, weight = typed("entry", 10), typed("evidence", 10), typed("weight", 8)
        if entry not in set(ENTRIES) or evidence not in set(Evidence) or weight not in set(Weight):
            raise Invalid("没有这种查重规则，请刷新页面再选")
        uow.attempt(
            lambda s: radar.weigh(
                s, actor(), RadarEntry(entry), Evidence(evidence), Weight(weight), clock(), entrance="console"
            )
        )
        return done("查重规则已保存", url_for("console.duplicates"))
