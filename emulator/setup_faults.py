"""What an administrator can set up wrongly, set at run time: the app's settings by the names of the company file."""

from emulator.refusal import Refusal
from emulator.tenant import Json
from emulator.world import World

# Name → what it must be. Lists become tuples, as `tenant.load` makes them.
_MAY_CHANGE: dict[str, type | tuple[type, ...]] = {
    "secret": str,
    "closed": bool,
    "trusted_ips": list,
    "trusted_domains": list,
    "visible_departments": list,
    "visible_users": list,
    "external_contact_enabled": bool,
    "reads_check_ins": bool,
    "serving": list,
    "home_url": str,
}


def set_up(world: World, wanted: Json) -> Json:
    """As the company file says, but for what is named here; {} puts everything back."""
    for name, value in wanted.items():
        if name not in _MAY_CHANGE:
            raise Refusal(f"没有 {name} 这项设置，可以改的有：{'、'.join(_MAY_CHANGE)}")
        if not isinstance(value, _MAY_CHANGE[name]):
            raise Refusal(f"{name} 的值不对")
    restore(world)
    for name, value in wanted.items():
        setattr(world.tenant.app, name, tuple(value) if isinstance(value, list) else value)
    world.company.look_again()
    world.state.touch()
    return {name: getattr(world.tenant.app, name) for name in _MAY_CHANGE}


def restore(world: World) -> None:
    """The settings of the company file."""
    for name in _MAY_CHANGE:
        setattr(world.tenant.app, name, getattr(world.as_set_up, name))
    world.company.look_again()
