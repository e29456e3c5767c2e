"""Why a control call was not carried out, in words for the person at the page."""


class Refusal(Exception):
    """Answered as HTTP 400 {"message": …}."""
