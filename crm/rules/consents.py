"""What may be kept of a talk: only what everybody outside who took part had agreed to when it was said."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

# What stands in a digest or a to-do for words that may be shown no longer.
WORDS_DELETED = "应联系人要求，已删除"
WORDS_WITHDRAWN = "客户撤回了会话存档的同意，聊天内容不再显示"
WORDS_RECALLED = "消息已被撤回，相关内容已删除"
WORDS_GONE = (WORDS_DELETED, WORDS_WITHDRAWN, WORDS_RECALLED)

# A yes is told to the second: what was said in that very second may have been said before it.
_TOLD_TO = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Word:
    """The newest yes or no of one outsider in one place (with one of us, or in one group).

    `since` is when it was said, None where nobody knows. What was said until `purged_at` has been deleted on request
    and does not come back.
    """

    agreed: bool
    since: datetime | None = None
    purged_at: datetime | None = None

    def covers(self, at: datetime) -> bool:
        agreed = self.agreed and (self.since is None or self.since + _TOLD_TO <= at)
        return agreed and (self.purged_at is None or self.purged_at < at)


NEVER = Word(agreed=False)


def newer(one: Word, other: Word) -> bool:
    """Whether `one` is said later than `other`, or at the same time: the newest word counts, whoever brings it.

    A no without a time is the platform's answer of this moment, so it is newer than anything; any word that comes
    behind it is newer still. It is given no time of ours: by two clocks, or within a second, the yes that follows it
    would be the older one for ever.
    """
    if one.since is None:
        return other.since is None or not one.agreed
    return other.since is None or one.since >= other.since


def may_keep(
    places: Iterable[str], outsiders: Collection[str], words: Mapping[tuple[str, str], Word], at: datetime
) -> bool:
    """Whether a message of that moment may be kept; without anybody outside, or a place, there is nothing to keep.

    Law: 个人信息保护法 art. 13 and 14; who has said nothing has not agreed.
    """
    asked = [(place, outsider) for place in places for outsider in outsiders]
    return bool(asked) and all(words.get(one, NEVER).covers(at) for one in asked)
