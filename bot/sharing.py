"""/共享: a customer is shown to a colleague, or worked on together: the command, then one tap on its card."""

import re

from bot.clicks import CARD, chosen_id, undo
from bot.commands import CHAT, CUSTOMER
from bot.forms import Filled, NotAnAnswer, Slot, fill, form, read_into, some_text
from bot.router import Heard, On, Tapped, button, command, first_word
from config.vocabulary import ShareAccess, label
from crm import policy as numbers
from crm.access import Actor
from crm.cards import UNDO, close_matter
from crm.errors import Invalid
from crm.messages import Tap, prompt_card
from crm.notices import Choice, Fact, Notice, Selection
from crm.reads.shares import mates
from crm.uow import Session
from crm.usecases.sharing import Wish, share_customer, take_back_share, terms

_OFFERED = 10  # the platform's limit of a drop-down
_LINE = 16  # characters of one of its lines
_PERSON = "person"
_WAYS = {"只读": ShareAccess.READ, "只看": ShareAccess.READ, "一起": ShareAccess.TOGETHER, "共同": ShareAccess.TOGETHER}
_BESIDE = re.compile(r"只读|只看|一起跟进|共同跟进|一起|共同|共享|发给|给|他|[\s，,。.!！、：:「」]")


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
    if not found and typed.strip() in (it.actor.name, it.actor.userid):
        return f"「{typed[:20]}」是您自己，这个客户您本来就能看到，不用共享。发 /共享 {name} 同事姓名 共享给别人"
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
    known = {"customer": [customer_id, name], "matter": matter, "to": found[0].name if len(found) == 1 else ""}
    fill(s, it.actor, "share_with", known, it.key, it.now)
    return f"请在下面的卡片上选一位同事，把「{name}」共享给他；直接发「只读 姓名」或「一起跟进 姓名」也行"


@form("share_with", Slot("typed", "共享给谁？", some_text))
def _share_with(s: Session, it: Filled) -> str:
    """A name, a way of sharing, or both, typed instead of the taps; anything else is no answer."""
    (customer_id, name), matter = it.values["customer"], str(it.values["matter"])
    typed = str(it.values["typed"])
    access = next((one for word, one in _WAYS.items() if word in typed), it.values.get("access", ""))
    who = _BESIDE.sub("", typed) or str(it.values["to"])
    found = mates(s, it.actor, int(customer_id), who, 2) if who else ()
    if who in (it.actor.name, it.actor.userid):
        return f"「{who}」是您自己，这个客户您本来就能看到，不用共享"
    if (who and not found) or (not who and not access):
        raise NotAnAnswer
    if len(found) > 1:
        return "叫这个名字的同事不止一位，请在上面的卡片上选"
    if not found or not access:
        known = {"customer": [customer_id, name], "matter": matter, "to": who, "access": access}
        fill(s, it.actor, "share_with", known, it.key, it.now)
        if who:
            return f"怎么共享给 {who}？发「只读」或「一起跟进」"
        return f"「{label(ShareAccess(access))}」共享给谁？发同事姓名"
    done = share_customer(s, it.actor, int(customer_id), Wish(found[0].id, ShareAccess(access)), it.now, entrance=CHAT)
    said = f"已把「{name}」共享给 {done.person_name}（{label(done.access)}），到 {done.last_day:%m-%d}"
    close_matter(s, matter, said, it.now, by=it.actor)
    return f"{said}。要收回，请在客户页面上结束共享"


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
    if done.again is None:
        return Tapped(f"已撤销，{done.person_name} 不再看到 {done.customer_name}")
    return Tapped(f"已撤销，{done.person_name} 对 {done.customer_name} 还是原来的共享：{terms(done.again)}")
