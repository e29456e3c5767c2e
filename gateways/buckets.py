"""So many calls a minute under one name, counted in Redis by all web processes together.

A bucket holds a minute's calls and fills again evenly: who has been quiet may do a minute's work at once, and who has
used it up is told how soon the next call fits. Where Redis is away nobody is counted: the product does without it.
"""

import logging
import time

from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

_TIMEOUT = 0.1  # seconds a call may wait for Redis
_LEAVE_ALONE = 5.0  # seconds that an unreachable Redis is not asked again

# A bucket is one number, the moment when it is full again; before it begins to fill there is no key. The clock is
# Redis's own, the same for all hosts. A call that is refused takes nothing. Answers milliseconds to wait, 0 for go.
_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local each = 60000 / ARGV[1]
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + each
if full - now > 60000 then return math.ceil(full - now - 60000) end
redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(full - now))
return 0
"""


class Buckets:
    """Opens no connection before the first call, so a server may load it before it forks."""

    def __init__(self, redis_url: str) -> None:
        redis = Redis.from_url(redis_url, socket_connect_timeout=_TIMEOUT, socket_timeout=_TIMEOUT, retry=None)
        self._take = redis.register_script(_TAKE)
        self._away, self._ask_again_at = False, 0.0

    def wait(self, name: str, a_minute: int) -> float:
        """Seconds until a call under this name fits; 0.0 where it goes on now and has been counted."""
        now = time.monotonic()
        if now < self._ask_again_at:
            return 0.0
        try:
            milliseconds = int(self._take(keys=[f"bucket:{name}"], args=[a_minute]))
        except (RedisError, OSError) as error:
            if not self._away:
                log.warning("limits: Redis does not answer (%s); nobody is counted meanwhile", type(error).__name__)
            self._away, self._ask_again_at = True, now + _LEAVE_ALONE
            return 0.0
        if self._away:
            log.warning("limits: Redis answers again; calls are counted")
            self._away = False
        return milliseconds / 1000
