"""WeCom's customer contact as the flows read it: what WeCom refuses becomes what that means for them."""

from collections.abc import Sequence

from crm.ports import CustomerBook, ExternalPerson, FriendPage, GroupChat, GroupPage, NotVisible, StaleCursor, TagGroup
from gateways.wecom.client import WecomClient
from gateways.wecom.errors import Kind, WecomError


class Book(CustomerBook):
    """Over the client as it is: its patience is the caller's."""

    def __init__(self, client: WecomClient) -> None:
        self._client = client

    def follow_users(self) -> Sequence[str]:
        return self._client.follow_users()

    def friends(self, userids: Sequence[str], cursor: str) -> FriendPage:
        try:
            return self._client.customers.friends(userids, cursor)
        except WecomError as error:
            raise _of(cursor, error) from None

    def contact(self, external_userid: str) -> ExternalPerson | None:
        try:
            return self._client.external_contact(external_userid)
        except WecomError as error:
            if error.kind is Kind.RECEIVER:
                return None
            raise

    def tag_groups(self) -> Sequence[TagGroup]:
        return self._client.customers.tag_groups()

    def group_chats(self, owners: Sequence[str], cursor: str) -> GroupPage:
        try:
            return self._client.customers.group_chats(owners, cursor)
        except WecomError as error:
            raise _of(cursor, error) from None

    def group_chat(self, chat_id: str) -> GroupChat | None:
        try:
            return self._client.customers.group_chat(chat_id)
        except WecomError as error:
            raise _of("", error) from None


def until_answered(error: Exception) -> float:
    """Seconds to leave WeCom alone before it answers again: the window of 45009. 0 for what does not pass."""
    return error.retry_after if isinstance(error, WecomError) else 0


def _of(cursor: str, error: WecomError) -> Exception:
    """What a refused page of members, or a refused group, means."""
    if error.kind is Kind.RECEIVER:
        return NotVisible(str(error))
    return StaleCursor(str(error)) if cursor and error.kind is Kind.REQUEST else error
