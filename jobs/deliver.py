"""Deliver promises: lease and commit, post outside any transaction, record the outcome in a transaction of its own."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from config.clock import Clock
from crm import uow
from crm.usecases import outbox
from crm.usecases.drawing import OutboxDraft
from crm.usecases.outbox import Failure, Leased
from gateways.wecom.client import Sent
from gateways.wecom.errors import Kind, WecomError

log = logging.getLogger(__name__)

Send = Callable[[str], Sent]
Render = Callable[[OutboxDraft], str]

_SEND_PATHS = ("message/send", "message/update_template_card")
_LIMITED = 45009
_BY_KIND = {
    Kind.TOKEN: Failure.SETUP,
    Kind.CONFIG: Failure.SETUP,
    Kind.RECEIVER: Failure.RECEIVER,
    Kind.REQUEST: Failure.REFUSED,
    Kind.EXPIRED: Failure.SPENT,
}
_NOT_REACHED = "企业微信回答：这个人收不到本应用的消息（账号不对、未激活，或不在应用可见范围）"


def deliver_one(send: Send, render: Render, now: datetime) -> bool:
    """One attempt for one message; False when nothing is due. Killed at any line, the same bytes are sent again."""
    leased = uow.attempt(lambda s: outbox.lease_next(s, now, render))
    if leased is None:
        return False
    try:
        sent = send(leased.payload)
    except WecomError as error:
        retry_after = timedelta(seconds=error.retry_after)
        _failed(leased, _failure(error), str(error), now, retry_after)
    except Exception:
        log.exception("outbox %s: sending broke off", leased.id)
        _failed(leased, Failure.NO_ANSWER, "发送时出错，详见日志", now)
    else:
        if leased.userid.casefold() in sent.invalid_users:
            _failed(leased, Failure.SPENT if leased.redraws else Failure.RECEIVER, _NOT_REACHED, now)
        else:
            uow.attempt(lambda s: outbox.record_sent(s, leased, sent.msgid, sent.response_code, now))
            log.info("outbox %s: sent, attempt %s", leased.id, leased.tries)
    return True


def deliver_due(send: Send, render: Render, clock: Clock, *, go_on: Callable[[], bool] = lambda: True) -> int:
    """Deliver until nothing is due or `go_on` says no; the number of attempts."""
    attempts = 0
    while go_on() and deliver_one(send, render, clock()):
        attempts += 1
    return attempts


def _failed(leased: Leased, failure: Failure, words: str, now: datetime, retry_after: timedelta = timedelta(0)) -> None:
    uow.attempt(lambda s: outbox.record_failed(s, leased, failure, words, now, retry_after=retry_after))
    log.warning("outbox %s: %s, attempt %s: %s", leased.id, failure, leased.tries, words)


def _failure(error: WecomError) -> Failure:
    if error.code is None:
        # Without a token the message was never posted, so nothing of it can be out there.
        return Failure.NO_ANSWER if error.path in _SEND_PATHS else Failure.BUSY
    if error.code == _LIMITED:
        return Failure.LIMITED
    return _BY_KIND.get(error.kind, Failure.BUSY)
