"""WeCom is told what we have changed about tags: one change at a time, again where it failed."""

from datetime import datetime

from crm import uow
from crm.ports import TellsTags
from crm.usecases import tags
from crm.usecases.tags import Change, Verb


def tell_next(wecom: TellsTags, now: datetime) -> bool:
    """False when nothing is due. Killed behind the call, it is told again: marking twice is marking once, and a tag
    that is there already is found by its name."""
    change = uow.attempt(lambda s: tags.lease_next(s, now))
    if change is None:
        return False
    try:
        wecom_id = _told(change, wecom)
    except uow.StoreDown:
        raise
    except Exception as error:  # the gateway's own exception type is not known in this room
        words = str(error) or type(error).__name__
        uow.attempt(lambda s: tags.record_failed(s, change, words, now))
    else:
        uow.attempt(lambda s: tags.record_done(s, change, wecom_id, now))
    return True


def _told(change: Change, wecom: TellsTags) -> str:
    """What WeCom calls a tag that was to be made; "" otherwise."""
    if change.verb is Verb.ADD:
        there = [
            tag.id
            for group in wecom.tag_groups()
            for tag in group.tags
            if (group.name, tag.name) == (change.group, change.name)
        ]
        return there[0] if there else wecom.add_tag(change.group, change.name)
    put = [change.wecom_id] if change.verb is Verb.MARK else []
    taken = [change.wecom_id] if change.verb is Verb.UNMARK else []
    wecom.mark(change.userid, change.external_userid, put, taken)
    return ""
