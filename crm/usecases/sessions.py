"""Who is signed in where: login attempts that one browser may finish once, and tokens that can be taken back."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from config.vocabulary import LoginVia
from crm import audit
from crm.access import Actor, actor_by_id, actor_by_userid
from crm.errors import NotAllowed, NotSignedIn
from models.ops import LoginAttempt, LoginSession

HOME = "/console/"
ATTEMPT_LASTS = timedelta(minutes=5)
SESSION_LASTS = {
    LoginVia.CONSOLE: timedelta(hours=12),
    LoginVia.MINIAPP: timedelta(days=7),
    LoginVia.SIDEBAR: timedelta(days=7),
}
SIGN_IN_AGAIN = "请重新登录"

# What may follow in an address of ours; a backslash, a control character or a second slash never does.
_LOCAL = re.compile(r"/console/[\w\-./?=&%~+]*\Z", re.ASCII)


def begin_login(s: Session, browser_token: str, next_path: str, now: datetime) -> str:
    """The `state` of a new OAuth round trip: 32 random bytes, good once, for five minutes, in this browser.

    `next_path` is kept here and never travels; anything but a page of the console becomes its front page.
    """
    s.execute(delete(LoginAttempt).where(LoginAttempt.expires_at <= now))
    state = secrets.token_hex(32)  # WeCom takes letters and digits only
    s.add(
        LoginAttempt(
            state_hash=_hash(state),
            browser_hash=_hash(browser_token),
            next_path=_local(next_path),
            expires_at=now + ATTEMPT_LASTS,
        )
    )
    s.flush()
    return state


def finish_login(s: Session, state: str, browser_token: str, now: datetime) -> str:
    """Where to go after login. One DELETE decides, so of two returns with the same state only one succeeds.

    Raises NotAllowed for a state that is missing, used, expired, or was begun in another browser.
    """
    went_to: str | None = s.scalar(
        delete(LoginAttempt)
        .where(
            LoginAttempt.state_hash == _hash(state),
            LoginAttempt.browser_hash == _hash(browser_token),
            LoginAttempt.expires_at > now,
        )
        .returning(LoginAttempt.next_path)
    )
    if went_to is None:
        raise NotAllowed("这次扫码已经失效，或者不是在这个浏览器里发起的。请回到登录页，重新扫码")
    return went_to


def open_session(s: Session, userid: str, via: LoginVia, now: datetime) -> tuple[str, datetime]:
    """A new token for this member and when it ends; the store keeps only its SHA-256.

    Raises NotAllowed in the words of `actor_by_userid` for who is unknown, disabled or has left.
    """
    actor = actor_by_userid(s, userid)
    token, expires_at = secrets.token_urlsafe(32), now + SESSION_LASTS[via]
    s.add(
        LoginSession(token_hash=_hash(token), person_id=actor.person_id, via=via, created_at=now, expires_at=expires_at)
    )
    s.flush()
    audit.record(s, actor.person_id, "sign_in", f"person:{actor.person_id}", now, entrance=via)
    return token, expires_at


def actor_of_session(s: Session, token: str, vias: frozenset[LoginVia], now: datetime) -> Actor:
    """Who holds this token, as he is now: status, role and teams are read anew at every request.

    Raises NotSignedIn for a token that is unknown, expired, revoked or of another entrance, and NotAllowed for
    a person who has been disabled or has left since.
    """
    person_id = s.scalar(
        select(LoginSession.person_id).where(
            LoginSession.token_hash == _hash(token),
            LoginSession.via.in_(vias),
            LoginSession.expires_at > now,
            LoginSession.revoked_at.is_(None),
        )
    )
    if person_id is None:
        raise NotSignedIn(SIGN_IN_AGAIN)
    return actor_by_id(s, person_id, now)


def person_of_token(s: Session, token: str) -> int | None:
    """Whom this token was given to, be it still good or not; None for one that was never given."""
    return s.scalar(select(LoginSession.person_id).where(LoginSession.token_hash == _hash(token)))


def revoke(s: Session, token: str, now: datetime) -> None:
    """Sign out. A token that is unknown or already revoked is as good as signed out."""
    _revoke(s, now, LoginSession.token_hash == _hash(token))


def revoke_all(s: Session, person_id: int, now: datetime) -> None:
    """End every session of a person: he has left or was disabled."""
    _revoke(s, now, LoginSession.person_id == person_id)


def _revoke(s: Session, now: datetime, which: ColumnElement[bool]) -> None:
    live = update(LoginSession).where(which, LoginSession.revoked_at.is_(None))
    s.execute(live.values(revoked_at=now), execution_options={"synchronize_session": False})


def _local(path: str) -> str:
    return path if len(path) <= 255 and _LOCAL.match(path) and "//" not in path and ".." not in path else HOME


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
