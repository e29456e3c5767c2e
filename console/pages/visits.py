"""拜访: the list, one with its reasons, photos and place, and what waits for a supervisor's look."""

from datetime import timedelta

from flask import Response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from config.files import MIME
from config.vocabulary import Verdict, label
from console.desk import EVERYBODY, Desk, actor, asked, asked_number, typed
from console.pages.channels import day_typed
from console.sketch import HEIGHT, WIDTH, sketch
from crm import uow
from crm.access import JUDGES
from crm.errors import Conflict, CrmError, Invalid
from crm.reads.people import in_sight
from crm.reads.visit_desk import VisitSort, Wanted, place_of, reviews, visits
from crm.reads.visits import UNCLEAR, VisitRow, photo_of, visit_page
from crm.rules.checkin import Point
from crm.rules.days import day_of
from crm.usecases import visit_reviews
from crm.usecases.visits import said

_SIZE, _QUEUED = 50, 20
_LATELY = timedelta(days=30)
_A_WEEK = 7 * 24 * 3600
_REFUSALS = (Invalid, Conflict)


def mount(desk: Desk) -> None:
    clock, files = desk.deps.clock, desk.deps.files

    @desk.page("/visits", EVERYBODY)
    def visit_list() -> str:
        today = day_of(clock())
        since, until = day_typed(asked("since")) or today - _LATELY, day_typed(asked("until")) or today
        chosen = {
            "q": asked("q"),
            "since": since.isoformat(),
            "until": until.isoformat(),
            "person": str(asked_number("person", 0) or ""),
            "verdict": asked("verdict") if asked("verdict") in set(Verdict) else "",
            "effective": asked("effective") if asked("effective") in ("yes", "no") else "",
            "sort": asked("sort") if asked("sort") in set(VisitSort) else VisitSort.NEWEST.value,
        }
        wanted = Wanted(
            since=since,
            until=until,
            person_id=asked_number("person", 0) or None,
            query=chosen["q"],
            verdict=Verdict(chosen["verdict"]) if chosen["verdict"] else None,
            effective=chosen["effective"] == "yes" if chosen["effective"] else None,
        )
        with uow.reading() as s:
            found = visits(s, actor(), wanted, VisitSort(chosen["sort"]), asked_number("page"), _SIZE)
            scope = in_sight(s, actor())
            queue = reviews(s, actor(), 1, 1).total
        return render_template(
            "console/visits.html", found=found, chosen=chosen, scope=scope, verdicts=_offered(), queue=queue,
            said=said, judges=actor().role in JUDGES,
        )  # fmt: skip

    @desk.page("/visits/reviews", JUDGES)
    def visit_queue() -> ResponseReturnValue:
        return _queue(asked_number("page"))

    @desk.page("/visits/photos/<photo_id>", EVERYBODY)
    def visit_photo(photo_id: str) -> Response:
        """A copy that we have drawn ourselves, without what the phone wrote into it."""
        with uow.reading() as s:
            name, kind = photo_of(s, actor(), photo_id, small=asked("size") == "small")
        response = send_file(files.path(name), MIME[kind], conditional=False, etag=False)
        response.headers["Cache-Control"] = f"private, max-age={_A_WEEK}"
        return response

    @desk.page("/visits/<visit_id>", EVERYBODY)
    def visit(visit_id: str) -> ResponseReturnValue:
        return _drawn(visit_id)

    @desk.page("/visits/<visit_id>/review", JUDGES, "POST")
    def decide_visit(visit_id: str) -> ResponseReturnValue:
        """From the queue, which then goes on without it, or on the visit's own page."""
        queued = asked_number("queued", 0)  # its page of the queue
        verdict, words = typed("verdict", 10), typed("words")
        try:
            if verdict not in set(Verdict):
                raise Invalid("请选有效、存疑或无效，再保存")
            name = uow.attempt(
                lambda s: visit_reviews.review(
                    s, actor(), visit_id, Verdict(verdict), words, clock(), entrance="console", here=bool(typed("here"))
                )
            )
        except _REFUSALS as refused:
            return _queue(queued, refused, visit_id) if queued else _drawn(visit_id, refused)
        told = f"「{name}」的拜访已定为{label(Verdict(verdict))}，已告诉本人"
        if queued:
            return redirect(url_for("console.visit_queue", page=queued, said=told), 303)
        return redirect(url_for("console.visit", visit_id=visit_id, said=told), 303)

    @desk.page("/visits/<visit_id>/appeal", EVERYBODY, "POST")
    def explain_visit(visit_id: str) -> ResponseReturnValue:
        try:
            uow.attempt(
                lambda s: visit_reviews.appeal(s, actor(), visit_id, typed("words"), clock(), entrance="console")
            )
        except _REFUSALS as refused:
            return _drawn(visit_id, refused)
        return redirect(url_for("console.visit", visit_id=visit_id, said="说明已交给主管"), 303)

    def _queue(number: int, refused: CrmError | None = None, about: str = "") -> ResponseReturnValue:
        with uow.reading() as s:
            found = reviews(s, actor(), number, _QUEUED)
        drawn = render_template(
            "console/visit_queue.html", found=found, verdicts=list(Verdict), said=said, told=asked("said", 120),
            refused=str(refused) if refused else "", about=about, sent=request.form if refused else {},
        )  # fmt: skip
        return drawn, refused.http_status if refused else 200

    def _drawn(visit_id: str, refused: CrmError | None = None) -> ResponseReturnValue:
        with uow.reading() as s:
            page = visit_page(s, actor(), visit_id, clock())
            place = place_of(s, actor(), page.row.customer_id)
        drawn = render_template(
            "console/visit.html", page=page, place=place, verdicts=list(Verdict), said=said, told=asked("said", 120),
            where=sketch(place.point, _fix(page.row), page.row.accuracy_m), width=WIDTH, height=HEIGHT,
            refused=str(refused) if refused else "", sent=request.form if refused else {},
        )  # fmt: skip
        return drawn, refused.http_status if refused else 200


def _offered() -> dict[str, str]:
    """The verdicts that this reader is told, to narrow the list by."""
    if actor().role in JUDGES:
        return {one.value: label(one) for one in Verdict}
    return {Verdict.VALID.value: label(Verdict.VALID), Verdict.DOUBTFUL.value: UNCLEAR}


def _fix(row: VisitRow) -> Point | None:
    return None if row.latitude is None or row.longitude is None else Point(row.latitude, row.longitude, row.datum)
