"""Signing in: one browser, once, within five minutes; and a token that knows who its holder is today."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.vocabulary import LoginVia, PersonStatus, Role
from crm import uow
from crm.errors import NotAllowed, NotSignedIn
from crm.usecases import sessions
from models import Base
from models.audit import AuditEntry
from models.ops import LoginAttempt, LoginSession
from models.people import Person, Team, TeamLeader

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CONSOLE = frozenset({LoginVia.CONSOLE})


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Session]:
    engine = uow.connect(f"sqlite:///{tmp_path}/crm.db")
    Base.metadata.create_all(engine)
    with uow.transaction() as session:
        session.add(Team(id=1, department_id=1, name="总公司", path="/1/"))
        session.flush()
        for number, (userid, role) in enumerate((("ZhangSan", Role.REP), ("lisi", Role.TEAM_LEAD)), start=1):
            session.add(
                Person(
                    id=number, userid=userid, userid_key=userid.casefold(), name=userid, role=role,
                    status=PersonStatus.ACTIVE, team_id=1, changed_at=NOW,
                )
            )  # fmt: skip
        session.flush()
        session.add(TeamLeader(team_id=1, person_id=2))
        session.flush()
        yield session
    uow.dispose()


def test_a_state_leads_back_to_the_page_it_was_begun_for_and_only_once(s: Session) -> None:
    state = sessions.begin_login(s, "browser", "/console/customers?page=2", NOW)
    assert sessions.finish_login(s, state, "browser", NOW) == "/console/customers?page=2"
    with pytest.raises(NotAllowed, match="重新扫码"):
        sessions.finish_login(s, state, "browser", NOW)


def test_a_state_begun_in_another_browser_is_refused_and_stays_good_in_its_own(s: Session) -> None:
    state = sessions.begin_login(s, "browser", "/console/", NOW)
    with pytest.raises(NotAllowed):
        sessions.finish_login(s, state, "thief", NOW)
    assert sessions.finish_login(s, state, "browser", NOW) == "/console/"


def test_a_state_is_worth_nothing_after_five_minutes(s: Session) -> None:
    state = sessions.begin_login(s, "browser", "/console/", NOW)
    with pytest.raises(NotAllowed):
        sessions.finish_login(s, state, "browser", NOW + timedelta(minutes=5))


def test_attempts_that_nobody_finished_are_cleared_away_by_the_next_one(s: Session) -> None:
    sessions.begin_login(s, "browser", "/console/", NOW)
    sessions.begin_login(s, "browser", "/console/", NOW + timedelta(minutes=6))
    assert s.scalar(select(func.count()).select_from(LoginAttempt)) == 1


@pytest.mark.parametrize(
    "path",
    [
        "", "//evil.example", "/\\evil.example", "https://evil.example", "/console", "/other/", "/console//evil",
        "/console/\\evil", "/console/../../x", "/console/\r\nSet-Cookie: a=b", "/console/a b", "javascript:alert(1)",
        "/console/@evil", "/console/" + "a" * 300, "/console/\n", "console/", "/console/http://evil.example",
    ],
)  # fmt: skip
def test_anything_but_a_page_of_the_console_leads_to_its_front_page(s: Session, path: str) -> None:
    state = sessions.begin_login(s, "browser", path, NOW)
    assert sessions.finish_login(s, state, "browser", NOW) == "/console/"


def test_neither_state_nor_token_is_stored_as_it_is(s: Session) -> None:
    state = sessions.begin_login(s, "browser", "/console/", NOW)
    token, _ = sessions.open_session(s, "zhangsan", LoginVia.CONSOLE, NOW)
    s.flush()
    stored = [*s.execute(select(LoginAttempt.state_hash, LoginAttempt.browser_hash)).one()]
    stored.append(s.scalars(select(LoginSession.token_hash)).one())
    assert not {state, "browser", token} & set(stored)


def test_a_member_signs_in_by_his_userid_in_any_case_and_the_book_says_so(s: Session) -> None:
    token, ends = sessions.open_session(s, "ZHANGSAN", LoginVia.CONSOLE, NOW)
    s.flush()
    actor = sessions.actor_of_session(s, token, CONSOLE, NOW)
    assert (actor.userid, actor.role, ends - NOW) == ("ZhangSan", Role.REP, timedelta(hours=12))
    entry = s.scalars(select(AuditEntry)).one()
    assert (entry.verb, entry.actor_id, entry.entrance) == ("sign_in", actor.person_id, "console")


@pytest.mark.parametrize("via", [LoginVia.MINIAPP, LoginVia.SIDEBAR])
def test_a_phone_stays_signed_in_for_seven_days_and_is_no_console(s: Session, via: LoginVia) -> None:
    token, ends = sessions.open_session(s, "zhangsan", via, NOW)
    s.flush()
    assert ends - NOW == timedelta(days=7)
    assert sessions.actor_of_session(s, token, frozenset({via}), ends - timedelta(seconds=1)).person_id == 1
    with pytest.raises(NotSignedIn):
        sessions.actor_of_session(s, token, CONSOLE, NOW)


def test_a_stranger_gets_no_session(s: Session) -> None:
    with pytest.raises(NotAllowed, match="还没有您的账号"):
        sessions.open_session(s, "nobody", LoginVia.CONSOLE, NOW)


@pytest.mark.parametrize(("status", "word"), [(PersonStatus.DISABLED, "停用"), (PersonStatus.LEFT, "离职")])
def test_who_is_disabled_or_gone_is_out_at_his_next_request(s: Session, status: PersonStatus, word: str) -> None:
    token, _ = sessions.open_session(s, "zhangsan", LoginVia.CONSOLE, NOW)
    s.flush()
    s.get_one(Person, 1).status = status
    s.flush()
    with pytest.raises(NotAllowed, match=word):
        sessions.actor_of_session(s, token, CONSOLE, NOW)
    with pytest.raises(NotAllowed, match=word):
        sessions.open_session(s, "zhangsan", LoginVia.CONSOLE, NOW)


def test_a_role_taken_away_counts_from_the_next_request(s: Session) -> None:
    token, _ = sessions.open_session(s, "lisi", LoginVia.CONSOLE, NOW)
    s.flush()
    assert sessions.actor_of_session(s, token, CONSOLE, NOW).team_ids == {1}
    s.get_one(Person, 2).role = Role.REP
    s.flush()
    assert sessions.actor_of_session(s, token, CONSOLE, NOW).team_ids == frozenset()


def test_a_token_ends_when_its_time_is_over_or_its_holder_signs_out(s: Session) -> None:
    token, ends = sessions.open_session(s, "zhangsan", LoginVia.CONSOLE, NOW)
    other, _ = sessions.open_session(s, "zhangsan", LoginVia.CONSOLE, NOW)
    s.flush()
    with pytest.raises(NotSignedIn, match="请重新登录"):
        sessions.actor_of_session(s, token, CONSOLE, ends)
    sessions.revoke(s, token, NOW)
    with pytest.raises(NotSignedIn):
        sessions.actor_of_session(s, token, CONSOLE, NOW)
    assert sessions.actor_of_session(s, other, CONSOLE, NOW).person_id == 1


def test_revoking_a_person_ends_all_his_sessions_and_nobody_elses(s: Session) -> None:
    mine = [sessions.open_session(s, "zhangsan", via, NOW)[0] for via in LoginVia]
    theirs, _ = sessions.open_session(s, "lisi", LoginVia.CONSOLE, NOW)
    s.flush()
    sessions.revoke_all(s, 1, NOW)
    for token in mine:
        with pytest.raises(NotSignedIn):
            sessions.actor_of_session(s, token, frozenset(LoginVia), NOW)
    assert sessions.actor_of_session(s, theirs, CONSOLE, NOW).person_id == 2


def test_a_token_made_up_or_empty_is_refused(s: Session) -> None:
    for token in ("", "x", "é" * 50):
        with pytest.raises(NotSignedIn):
            sessions.actor_of_session(s, token, CONSOLE, NOW)
