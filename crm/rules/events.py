"""Which events a job works; whatever else comes in is somebody's own doing, answered in the callback."""

PICTURE_PROVES = "picture_proves"  # ours: a picture of the chat that is to be fetched as evidence
_OF_WECOM = ("change_external_contact", "change_external_chat", "change_external_tag", "change_contact")
WORKED = frozenset({*_OF_WECOM, PICTURE_PROVES})


def may_be_repeated(event: str) -> bool:
    """Whether a job can work it again. What a person typed or tapped, only he himself can do again."""
    return event.casefold() in WORKED
