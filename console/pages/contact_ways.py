"""联系我: the codes of one's own and one's people's, made, shown full-screen, printed and closed."""

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from console.answers import done, moved
from console.desk import OPERATORS, Desk, actor, asked, typed, typed_number
from crm import uow
from crm.access import HOLDERS
from crm.errors import Conflict
from crm.flows import contact_ways as flow
from crm.ports import MakesWays
from crm.reads import contact_ways as reads
from crm.reads.meant import meant_or_near
from crm.reads.queue import colleagues
from crm.usecases import contact_ways


def mount(desk: Desk) -> None:
    deps = desk.deps

    @desk.page("/contact-ways", HOLDERS)
    def way_list() -> str:
        """`q` looks up the customer that a new code is for."""
        with uow.reading() as s:
            return render_template(
                "console/contact_ways.html", found=reads.contact_ways(s, actor()), sources=reads.sources(s),
                mates=colleagues(s, actor()), query=asked("q"), makes_sources=actor().role in OPERATORS,
                customers=meant_or_near(s, actor(), asked("q")) if asked("q") else (),
            )  # fmt: skip

    @desk.page("/contact-ways", HOLDERS, "POST")
    def make_way() -> ResponseReturnValue:
        draft = contact_ways.WayDraft(
            person_id=typed_number("person", "请选这个码加的是谁"),
            name=typed("name", 60),
            lead_source=typed("source", 20),
            customer=typed("customer", 20),
        )
        return _made(draft)

    @desk.page("/contact-ways/<public_id>/again", HOLDERS, "POST")
    def make_way_again(public_id: str) -> ResponseReturnValue:
        """WeCom brings no closed code back: another one of the same kind."""
        with uow.reading() as s:
            draft = contact_ways.drawn_before(s, actor(), public_id)
        return _made(draft)

    @desk.page("/contact-ways/<public_id>", HOLDERS)
    def show_way(public_id: str) -> str:
        """Full-screen for a telephone that is held out, and what a printer is given."""
        with uow.reading() as s:
            one = reads.contact_way(s, actor(), public_id)
        return render_template("console/contact_way.html", one=one)

    @desk.page("/contact-ways/<public_id>/picture", HOLDERS)
    def way_picture(public_id: str) -> Response:
        with uow.reading() as s:
            picture = contact_ways.picture_of(s, actor(), public_id)
        kind = "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
        return Response(picture, mimetype=kind, headers={"Cache-Control": "private, max-age=3600"})

    @desk.page("/contact-ways/<public_id>/close", HOLDERS, "POST")
    def close_way(public_id: str) -> ResponseReturnValue:
        try:
            name = flow.close(actor(), public_id, _wecom(), deps.clock(), entrance="console")
        except deps.outside_errors as error:
            raise Conflict(f"这里已经停用，但企业微信里还没有删掉，请再点一次：{error}") from error
        return done(f"「{name}」已停用", url_for("console.way_list"))

    def _made(draft: contact_ways.WayDraft) -> ResponseReturnValue:
        try:
            public_id, name = flow.make(actor(), draft, _wecom(), deps.clock(), entrance="console")
        except deps.outside_errors as error:
            raise Conflict(f"企业微信没有做出这个码：{error}") from error
        return moved(f"「{name}」已做好", url_for("console.show_way", public_id=public_id))

    def _wecom() -> MakesWays:
        if deps.ways is None:
            raise Conflict("这个进程不能做「联系我」")
        return deps.ways
