"""Write exported files: inside the row filter of whoever asked, at the moment it runs; then one transaction says so."""

import logging
from collections.abc import Callable

from config.clock import Clock
from crm import uow
from crm.access import actor_by_id
from crm.errors import CrmError
from crm.reads import exports as reads
from crm.usecases import exports
from crm.usecases.exports import SHEETS, Order
from gateways.dropbox import Dropbox
from gateways.sheets import writing

log = logging.getLogger(__name__)


def work_due(clock: Clock, box: Dropbox, *, go_on: Callable[[], bool] = lambda: True) -> int:
    """Write what is wanted, remove what has expired; how many files were written."""
    for key in uow.attempt(lambda s: exports.expire(s, clock())):
        box.forget(key)
    written = 0
    while go_on() and (order := uow.attempt(lambda s: exports.lease_next(s, clock()))) is not None:
        _write(order, clock, box)
        written += 1
    return written


def _write(order: Order, clock: Clock, box: Dropbox) -> None:
    key, now = box.new_key(), clock()
    try:
        with uow.reading() as s:
            actor = actor_by_id(s, order.requester_id, now)
            rows = reads.count(s, actor, order.sheets, order.asked, now)
            if rows > order.most:
                # Also of a request that was made when only customers were counted.
                what = "、".join(SHEETS[one] for one in order.sheets)
                raise CrmError(
                    f"{what}加起来现在有 {rows:,} 行，这次申请最多能导 {order.most:,} 行，没有导出。请重新申请"
                )
            above = reads.watermark(actor.name, actor.userid, order.public_id, now)
            sheets = [(SHEETS[one], reads.sheet(s, actor, one, order.asked, now)) for one in order.sheets]
            writing.write(box.path(key), sheets, above=above)
    except CrmError as error:
        words = str(error)
        uow.attempt(lambda s: exports.record_failed(s, order, words, clock()))
        box.forget(key)
        return
    if not uow.attempt(lambda s: exports.record_done(s, order, key, rows, clock())):
        box.forget(key)
