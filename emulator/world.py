"""Everything one running emulator shares between its parts."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from emulator.archive import Archive
from emulator.callbacks import Courier
from emulator.chats import Chats
from emulator.clock import Clock
from emulator.company import Company
from emulator.events import Post
from emulator.faults import Faults
from emulator.limits import Limits
from emulator.media import Media
from emulator.outside import Outside
from emulator.robot import RobotDesk
from emulator.state import State
from emulator.talks import Talks
from emulator.tenant import App, Tenant
from emulator.tokens import Tokens
from emulator.wire import Wire


@dataclass(frozen=True)
class World:
    """Built once by `build`, handed to every part as an argument; `state.lock` guards company and state."""

    tenant: Tenant
    clock: Clock
    state: State
    company: Company
    outside: Outside
    chats: Chats
    tokens: Tokens
    media: Media
    limits: Limits
    faults: Faults
    wire: Wire
    courier: Courier
    post: Post
    robot: RobotDesk
    archive: Archive
    talks: Talks
    callback_url: str | None
    home_url: str
    trusted_hosts: frozenset[str]
    as_set_up: App  # the app's settings in the company file, whatever they are now
    dropped: list[str] = field(default_factory=list)  # userids whose message was dropped silently, in order


def host_of(address: str) -> str:
    """Host and port of a web address, "" if it is none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts.netloc if parts.scheme in ("http", "https") else ""


def build(
    tenant: Tenant, callback_url: str | None, home_url: str, state_path: Path | None, clock_path: Path | None
) -> World:
    clock = Clock(clock_path)
    state = State(tenant, state_path)
    faults, wire = Faults(), Wire(clock)
    chats, outside = Chats(state, clock), Outside(state)
    courier = Courier(tenant, clock, faults, wire, callback_url)
    post = Post(tenant, state, clock, chats, courier)
    # The callback's own address is trusted too, so that another port needs no edited company file.
    own = {host_of(callback_url)} if callback_url else set()
    company, archive = Company(tenant, state, outside), Archive(tenant, state, clock, post)
    return World(
        tenant=tenant,
        clock=clock,
        state=state,
        company=company,
        outside=outside,
        chats=chats,
        tokens=Tokens(tenant, state, clock),
        media=Media(state, clock),
        limits=Limits(clock),
        faults=faults,
        wire=wire,
        courier=courier,
        robot=RobotDesk(tenant.robot, state, clock, chats),
        post=post,
        archive=archive,
        talks=Talks(outside, state, clock, archive),
        callback_url=callback_url,
        home_url=home_url,
        trusted_hosts=frozenset({*tenant.app.trusted_domains, *own}),
        as_set_up=replace(tenant.app),
    )
