"""Outside contacts come in from WeCom: one that an event is about, or everybody's, going on after a kill."""

from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime
from functools import partial

from crm import uow
from crm.flows.pausing import Pause, asked, never
from crm.messages import Received
from crm.ports import CustomerBook, ExternalPerson, GroupChat, NotVisible, ReadExternalContact, StaleCursor, TagGroup
from crm.rules.mirrored import say
from crm.usecases import contacts, mirror, pulls
from crm.usecases.pulls import Outcome, Place, Stretch

_AT_ONCE = 100  # members of one call to WeCom


def introduce(received: Received, read: ReadExternalContact, now: datetime) -> None:
    """`add_external_contact`: may run twice; the card is promised once. Who is nobody's friend any more is not met."""
    person = read(received.object_id)
    stranger = stranger_of(person, received.userid) if person is not None else None
    if person is None or stranger is None:
        return

    def met(s: uow.Session) -> None:
        contacts.meet(s, received.userid, stranger, now)
        mirror.take(s, [person], 0, now)

    uow.attempt(met)


def edited(received: Received, read: ReadExternalContact, now: datetime) -> None:
    """`edit_external_contact`: a remark or a tag; asked anew, so that order does not matter."""
    person = read(received.object_id)
    if person is not None:
        uow.attempt(lambda s: mirror.take(s, [person], 0, now))


def parted(received: Received, read: ReadExternalContact, now: datetime, *, by_transfer: bool) -> None:
    """`del_follow_user` (the customer left) and `del_external_contact` (we did, or he was handed over).

    Asked anew: if they have become friends again since, there is nothing to tell.
    """
    at = received.made_at or now
    person = read(received.object_id)
    ours = [one for one in person.followers if _is(one.userid, received.userid)] if person is not None else []
    if person is not None and any(one.createtime > at for one in ours):
        uow.attempt(lambda s: mirror.take(s, [person], 0, now))
        return
    how = (
        contacts.Parting.BY_CUSTOMER if received.change_type.casefold() == "del_follow_user" else contacts.Parting.BY_US
    )
    how = contacts.Parting.HANDED_OVER if by_transfer else how
    uow.attempt(lambda s: contacts.part(s, received.userid, received.object_id, how, at, now))


def retagged(groups: Sequence[TagGroup], now: datetime) -> None:
    """`change_external_tag`: one call tells all tags, so all of them are taken."""
    uow.attempt(lambda s: mirror.take_tags(s, groups, now))


def regrouped(received: Received, group_chat: Callable[[str], GroupChat | None], now: datetime) -> None:
    """`change_external_chat`, also when it was dissolved: asked anew."""
    chat = group_chat(received.object_id)
    if chat is None:
        uow.attempt(lambda s: mirror.dissolved(s, received.object_id, now))
    else:
        uow.attempt(lambda s: mirror.take_groups(s, [chat], 0))


def sync(book: CustomerBook, now: datetime) -> Outcome:
    """Everything in one go; `steps` says how."""
    pull = Pull(book, now, never)
    for _ in pull.steps():
        pass
    return pull.outcome()


class Pull:
    """Tags, then everybody's friendships, then customer groups.

    Each call's answer is written in one transaction with the place where the next one begins: killed at any line, the
    next pull goes on from there. What the pages did not show is asked about by itself before it is taken for ended;
    of members whom WeCom does not show at all nothing is taken away.
    """

    def __init__(self, book: CustomerBook, now: datetime, pause: Pause) -> None:
        self._book, self._now, self._pause = book, now, pause
        self._at = uow.attempt(lambda s: pulls.begin(s, now))
        self._serving: list[str] | None = None

    def steps(self) -> Iterator[str]:
        """Stops before each call for a breath; a sentence for whatever it had to mend."""
        while self._at.stretch is not Stretch.DONE:
            if self._at.stretch is Stretch.TAGS:
                yield from self._tags()
            else:
                yield from self._of_members()
            with uow.reading() as s:
                self._at = pulls.where(s, self._at.pull_id)

    def outcome(self) -> Outcome:
        with uow.reading() as s:
            return pulls.outcome(s, self._at.pull_id)

    def _tags(self) -> Generator[str]:
        at = self._at
        groups = yield from asked(self._book.tag_groups, self._pause)

        def took(s: uow.Session) -> None:
            pulls.move(s, at, self._now, stretch=Stretch.CONTACTS, counts=mirror.take_tags(s, groups, self._now))

        uow.attempt(took)

    def _of_members(self) -> Generator[str]:
        """Friendships or customer groups, a hundred members after the other."""
        at = self._at
        members = at.members or (yield from self._next(at.after))
        if not members:
            if at.stretch is Stretch.GROUPS:
                yield from self._ownerless()
            self._move(stretch=Stretch.GROUPS if at.stretch is Stretch.CONTACTS else Stretch.DONE, after="")
            return
        if not at.members:
            self._move(members=members)
            return
        try:
            yield from self._friends() if at.stretch is Stretch.CONTACTS else self._groups()
        except StaleCursor:
            self._move()
        except NotVisible as error:
            self._narrow(members, str(error))

    def _next(self, after: str) -> Generator[str, None, tuple[str, ...]]:
        if self._serving is None:
            self._serving = sorted((yield from asked(self._book.follow_users, self._pause)), key=str.casefold)
        return tuple(userid for userid in self._serving if userid.casefold() > after)[:_AT_ONCE]

    def _narrow(self, members: Sequence[str], why: str) -> None:
        """One of them WeCom does not show: halve, until it is known which; what we have of his stays as it is."""
        if len(members) > 1:
            self._move(members=members[: len(members) // 2])
        else:
            what = "客户" if self._at.stretch is Stretch.CONTACTS else "客户群"
            reason = f"{members[0]} 的{what}看不到，保留原样：{why}"
            self._move(members=(), after=members[0].casefold(), reasons=[reason])

    def _friends(self) -> Generator[str]:
        at = self._at
        page = yield from asked(lambda: self._book.friends(at.members, at.cursor), self._pause)
        if page.next_cursor:
            uow.attempt(partial(self._take, at, page.people, page.next_cursor))
            return

        def took(s: uow.Session) -> tuple[mirror.Counts, list[tuple[str, str]]]:
            return mirror.take(s, page.people, at.pull_id, self._now), pulls.unseen(s, at.pull_id, at.members)

        counts, unseen = uow.attempt(took)
        ended = yield from self._over(unseen)  # killed meanwhile, the last page is taken once more; so be it
        counts |= {"members": len(at.members), "ended": len(ended)}

        def ends(s: uow.Session) -> list[str]:
            if not pulls.move(s, at, self._now, members=(), after=at.last, counts=counts):
                return []
            return pulls.end_silently(s, at.pull_id, ended, self._now)

        yield from uow.attempt(ends)

    def _take(self, at: Place, people: Sequence[ExternalPerson], cursor: str, s: uow.Session) -> None:
        pulls.move(s, at, self._now, cursor=cursor, counts=mirror.take(s, people, at.pull_id, self._now))

    def _over(self, unseen: Sequence[tuple[str, str]]) -> Generator[str, None, list[tuple[str, str]]]:
        """Which of these friendships are at an end; the others are taken as WeCom tells them."""
        over = []
        for external_userid, userid in unseen:
            person = yield from asked(partial(self._book.contact, external_userid), self._pause)
            if person is not None and any(_is(one.userid, userid) for one in person.followers):
                uow.attempt(partial(mirror.take, people=[person], pull_id=self._at.pull_id, now=self._now))
            else:
                over.append((external_userid, userid))
        return over

    def _groups(self) -> Generator[str]:
        at = self._at
        page = yield from asked(lambda: self._book.group_chats(at.members, at.cursor), self._pause)
        chats, _ = yield from self._read(page.chat_ids)
        if page.next_cursor:
            uow.attempt(partial(self._take_groups, at, chats, page.next_cursor))
            return

        def took(s: uow.Session) -> tuple[mirror.Counts, list[str]]:
            return mirror.take_groups(s, chats, at.pull_id), pulls.unseen_groups(s, at.pull_id, at.members)

        counts, unseen = uow.attempt(took)
        moved, gone = yield from self._read(unseen)  # a group that has another owner by now is not dissolved

        def ends(s: uow.Session) -> None:
            mirror.take_groups(s, moved, at.pull_id)
            for one in gone:
                mirror.dissolved(s, one, self._now)
            pulls.move(s, at, self._now, members=(), after=at.last, counts=counts | {"dissolved": len(gone)})

        uow.attempt(ends)

    def _ownerless(self) -> Generator[str]:
        """Groups whose owner has left, or serves nobody any more: each is asked about by itself."""
        at = self._at
        with uow.reading() as s:
            standing = pulls.ownerless_groups(s, at.pull_id, self._serving or ())
        hidden, why = 0, ""
        for one in standing:
            try:
                chats, gone = yield from self._read([one])
            except NotVisible as error:
                hidden, why = hidden + 1, str(error)
                continue
            uow.attempt(partial(self._settle, at, chats, gone))
        if hidden:
            self._move(reasons=[f"{hidden} 个客户群的群主已不在服务名单里，群看不到，保留原样：{why}"])

    def _settle(self, at: Place, chats: Sequence[GroupChat], gone: Sequence[str], s: uow.Session) -> None:
        counts = mirror.take_groups(s, chats, at.pull_id) | {"dissolved": len(gone)}
        for one in gone:
            mirror.dissolved(s, one, self._now)
        pulls.move(s, at, self._now, counts=counts)

    def _read(self, chat_ids: Sequence[str]) -> Generator[str, None, tuple[list[GroupChat], list[str]]]:
        """Groups with their members, and those that are no longer there."""
        found, gone = [], []
        for one in chat_ids:
            chat = yield from asked(partial(self._book.group_chat, one), self._pause)
            if chat is None:
                gone.append(one)
            else:
                found.append(chat)
        return found, gone

    def _take_groups(self, at: Place, chats: Sequence[GroupChat], cursor: str, s: uow.Session) -> None:
        pulls.move(s, at, self._now, cursor=cursor, counts=mirror.take_groups(s, chats, at.pull_id))

    def _move(
        self,
        *,
        stretch: Stretch | None = None,
        after: str | None = None,
        members: Sequence[str] | None = None,
        reasons: Sequence[str] = (),
    ) -> None:
        at = self._at
        uow.attempt(
            lambda s: pulls.move(s, at, self._now, stretch=stretch, after=after, members=members, reasons=reasons)
        )


def lines(done: Outcome) -> Iterator[str]:
    """Counts and reasons, for people."""
    yield say(done.counts)
    yield from done.reasons


def _is(userid: str, other: str) -> bool:
    return userid.casefold() == other.casefold()


def stranger_of(person: ExternalPerson, userid: str) -> contacts.Stranger | None:
    """None when they are friends no longer."""
    ours = next((one for one in person.followers if _is(one.userid, userid)), None)
    if ours is None:
        return None
    return contacts.Stranger(
        external_userid=person.external_userid,
        name=person.name,
        corp_name=person.corp_full_name or person.corp_name or ours.remark_corp_name,
        position=person.position,
        remark=ours.remark,
        state=ours.state,
    )
