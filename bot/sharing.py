"""/共享: a customer is shown to a colleague, or worked on together: the command, then one tap on its card."""

from bot.clicks import CARD, chosen_id, undo
from bot.commands import CUSTOMER
from bot.forms import Filled, fill, form, read_into
from bot.router import Heard, On, Tapped, button, command, first_word
from config.vocabulary import ShareAccess, label
from crm import policy as numbers
from crm.access import Actor
from crm.cards import UNDO
from crm.errors import Invalid
from crm.messages import Tap, prompt_card
from crm.notices import Choice, Fact, Notice, Selection
from crm.reads.shares import mates
from crm.uow import Session
from crm.usecases.sharing import Wish, share_customer, take_back_share

_OFFERED = 10  # the platform's limit of a drop-down
_LINE = 16  # characters of one of its lines
_PERSON = "person"


@command("共享", "gongxiang", "share", usage="/共享 客户 [同事]", tells="让同事看一个客户，或者一起跟进")
def share(s: Session, actor: Actor, heard: Heard) -> str:
    if not heard.args:
        return fill(s, actor, "share", {"mate": ""}, heard.key, heard.now)
    first, rest = first_word(heard.args)
    read = read_into(s, actor, "share", {"mate": rest}, "customer", first, heard.now)
    return read if isinstance(read, str) else fill(s, actor, "share", read, heard.key, heard.now)


@form("share", CUSTOMER)
def _share(s: Session, it: Filled) -> str:
    customer_id, name = it.values["customer"]
    typed = str(it.values["mate"])
    found = mates(s, it.actor, int(customer_id), typed, _OFFERED + 1)
    if not found:
        return f"没有找到叫「{typed[:20]}」的在岗同事。发 /共享 {name} 同事姓名 再试一次"
    policy = numbers.current(s)
    choices = tuple(Choice(str(mate.id), f"{mate.name} · {mate.team}"[:_LINE]) for mate in found[:_OFFERED])
    more = f"。名单里没有的，发 /共享 {name} 同事姓名" if len(found) > _OFFERED else ""
    notice = Notice(
        title=f"把「{name}」共享给谁？",
        desc="先选同事，再点一种方式",
        facts=(Fact("期限", f"{policy.share_days} 天，到期自动收回"),),
        body=f"只读：能看档案；一起跟进：还能记跟进、建商机{more}",
        selection=Selection(_PERSON, "共享给", choices),
    )
    taps = [
        Tap(label(ShareAccess.TOGETHER), "share", {"customer": customer_id, "access": ShareAccess.TOGETHER.value}, 1),
        Tap(label(ShareAccess.READ), "share", {"customer": customer_id, "access": ShareAccess.READ.value}),
        Tap("不共享", "dismiss", {}),
    ]
    matter = f"share_with:{it.key}"
    prompt_card(s, it.actor.person_id, notice, taps, matter=matter, dedupe=matter, now=it.now, policy=policy)
    return f"请在下面的卡片上选一位同事，把「{name}」共享给他"


@button("share")
def share_with(s: Session, on: On) -> Tapped:
    if not on.choice:
        raise Invalid("请先在卡片上选一位同事，再点一种方式")
    wish = Wish(chosen_id(on.choice), ShareAccess(on.args["access"]))
    done = share_customer(s, on.actor, int(on.args["customer"]), wish, on.now, entrance=CARD)
    said = f"已共享给 {done.person_name}（{label(done.access)}），到 {done.last_day:%m-%d}"
    return Tapped(said, undo("share", share=done.id))


@button(UNDO + "share")
def undo_share(s: Session, on: On) -> Tapped:
    done = take_back_share(s, on.actor, int(on.args["share"]), on.now, entrance=CARD)
    return Tapped(f"已撤销，{done.person_name} 不再看到 {done.customer_name}")
