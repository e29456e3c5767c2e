"""How many messages one member may get from the app before the platform drops the rest without a word."""

from collections import defaultdict, deque

from emulator.clock import Clock

PER_MINUTE = 30
PER_HOUR = 1000


class Limits:
    """Call with the state's lock held."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent: defaultdict[str, deque[float]] = defaultdict(deque)

    def admit(self, userid: str) -> bool:
        """True = deliver and count; False = drop silently (wecom.md §4.1)."""
        now, sent = self._clock.now(), self._sent[userid]
        while sent and sent[-1] > now:  # the clock was put back
            sent.pop()
        while sent and sent[0] <= now - 3600:
            sent.popleft()
        minute = 0
        for at in reversed(sent):
            if at <= now - 60:
                break
            minute += 1
        if minute >= PER_MINUTE or len(sent) >= PER_HOUR:
            return False
        sent.append(now)
        return True

    def clear(self) -> None:
        self._sent.clear()
