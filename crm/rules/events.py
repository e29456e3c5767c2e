"""Which events a job works; whatever else comes in is somebody's own doing, answered in the callback."""

PICTURE_PROVES = "picture_proves"  # ours: a picture of the chat that is to be fetched as evidence
DIGEST_ASKED = "digest_asked"  # ours: a talk that the configured endpoint is asked about, which takes its time
ARCHIVE_GREW = "msgaudit_notify"  # from the platform's own archive app, whose number is none of ours
_OF_WECOM = ("change_external_contact", "change_external_chat", "change_external_tag", "change_contact", ARCHIVE_GREW)
WORKED = frozenset({*_OF_WECOM, PICTURE_PROVES, DIGEST_ASKED})


def may_be_repeated(event: str) -> bool:
    """Whether a job can work it again. What a person typed or tapped, only he himself can do again."""
    return event.casefold() in WORKED
