"""A person's day on the phone: what needs him and what is lost otherwise, what comes next, what he has done already."""

from apiflask import APIBlueprint

from crm import policy as numbers
from crm import uow
from crm.agenda import Item, agenda
from crm.reads.my_day import my_day
from crm.rules.days import day_of
from crm.usecases import todos
from crm.usecases.sessions import actor_of_session
from miniapp_api.deps import ApiDeps
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import READ, answers
from miniapp_api.today_answers import ComingOut, DoneOut, ThingOut, TodayOut

_COMING = 20  # to-dos of the days to come


def today_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.get("/today")
    @bp.output(TodayOut)
    @bp.doc(
        summary="今日：要办的、接下来的、已经做的",
        description="`things` 按轻重排，和早上的清单一样。",
        security="bearer",
        responses=answers(READ),
    )
    def today() -> TodayOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            things = agenda(s, actor, now, numbers.current(s), numbers.calendar(s))
            coming, more = todos.coming(s, actor, now, _COMING)
            day = my_day(s, actor, day_of(now))
        return TodayOut(
            day=day.day,
            things=[_thing(one) for one in things],
            coming=[ComingOut(text=one.text, customer=one.customer, due_at=one.due_at) for one in coming],
            coming_more=more,
            done=DoneOut(
                follow_ups=day.follow_ups.total,
                visits=day.visits.total,
                moves=day.moves.total,
                quotes=day.quotes.total,
                todos=day.todos.total,
            ),
        )


def _thing(one: Item) -> ThingOut:
    return ThingOut(
        kind=one.kind, mark=one.mark, id=one.public_id, title=one.title, why=one.why, loss=one.loss, urgent=one.sort < 0
    )
