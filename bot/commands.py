"""The slash-commands: each reads its arguments into a form, which asks for whatever is missing."""

from datetime import datetime
from typing import Any

from bot.absent import NAMES
from bot.alikes import asks_first, looked_up
from bot.forms import (
    Choose,
    Filled,
    Slot,
    Values,
    a_customer,
    fill,
    form,
    listed,
    picks_from,
    read_into,
    some_text,
)
from bot.missing import ask_for_missing, lacks
from bot.offers import offer
from bot.router import Heard, all_commands, command, find_command, first_word, suggest
from config.vocabulary import label
from crm import policy as numbers
from crm.access import Actor, Reach
from crm.errors import Invalid
from crm.messages import Tap, prompt_card
from crm.notices import Choice, Notice, Selection
from crm.reads import customers as customer_reads
from crm.reads.customer_page import page_and_form
from crm.reads.meant import meant, near, whose_contact
from crm.rules.amounts import shown_amount
from crm.rules.days import SHANGHAI
from crm.rules.typed_names import no_company
from crm.uow import Session
from crm.usecases import collisions, customers, followups, linking

CHAT = "chat"
_DAILY = ("待办", "跟进", "小结", "客户", "日报")
# The rest by what it is about: customers, deals, prices and signatures, oneself.
_REST = (
    "新建", "关联", "补资料", "查重", "线索", "共享", "解除", "商机", "推进", "节点", "报价", "审批", "打卡", "提醒",
    "请假", "撤销", "帮助",
)  # fmt: skip
LIST = 10  # lines of a list that a phone shows at once
CUSTOMER = Slot("customer", "哪个客户？直接发客户名，简称、拼音都行", a_customer)


@command("帮助", "help", "bangzhu", "?", "？", usage="/帮助", tells="我会做什么")
def show_help(_s: Session, actor: Actor, heard: Heard) -> str:
    asked = find_command(heard.args.lstrip("/／")) if heard.args else None
    if asked is not None:
        return f"{asked.usage}\n{asked.tells}"
    said = {one.name: f"{one.usage}  {one.tells}" for one in all_commands()}
    daily, rest = ("\n".join(said[name] for name in names) for names in (_DAILY, _REST))
    if actor.reach is Reach.NOTHING:
        return (
            f"{actor.name}，您好！{label(actor.role)}不负责客户，这里能帮您的是：\n"
            "/查重 公司名  看一家公司是不是已经有人在跟进\n/待办 [时间] 内容  给自己加一条提醒"
        )
    managing = "" if not actor.manages else "\n主管：发 /待办 看等您分配的客户和停滞的商机，回复序号就能处理"
    return (
        f"{actor.name}，您好！不用记命令：直接打字，我会问您要不要记成跟进；发个位置就是打卡。\n\n"
        f"每天用的：\n{daily}\n\n其他：\n{rest}"
        + managing
        + "\n\n拼音、英文和全角／也行，比如 /genjin、/todo。发「取消」结束正在问的问题"
    )


@command("新建", "xinjian", "new", "create", "建客户", usage="/新建 公司名", tells="新建客户，先自动查重")
def new_customer(s: Session, actor: Actor, heard: Heard) -> str:
    if "\n" in heard.args:
        return "一次只能建一家。请一家发一条：/新建 公司名"
    return fill(s, actor, "create", {"name": heard.args} if heard.args else {}, heard.key, heard.now)


@form("create", Slot("name", "公司全称是什么？", some_text))
def _create(s: Session, it: Filled) -> str:
    name = str(it.values["name"])
    doubt = no_company(name)
    if doubt and it.values.get("doubted") != name:
        asked = fill(s, it.actor, "create", {"doubted": name}, it.key, it.now)
        return f"「{name[:30]}」{doubt}，还没有建。{asked}\n确实就叫这个名字，请原样再发一次"
    taps = [Tap("不是，新建", "create_anyway", {"name": name}), Tap("是同一家，不建", "dismiss", {}, 1)]
    if not asks_first(s, it.actor, name, taps, it.key, it.now, entrance=CHAT):
        draft = customers.CustomerDraft(name=name)
        made = collisions.create_or_report(s, it.actor, draft, it.now, entrance=CHAT)
        if isinstance(made, collisions.Refused):
            return made.said
        linking.set_current(s, it.actor, made.id, it.now, entrance=CHAT)
        said = f"已新建「{made.name}」，归您负责。直接打字就能记跟进，发 /待办 明天 回访 可以提醒自己。建错了发 /撤销"
        lacking = ask_for_missing(s, it.actor, made.public_id, it.now)
        return f"{said}\n{lacking}" if lacking else said
    return f"「{name}」可能已经有了，请看下面的卡片再决定"


@command("客户", "kehu", "customer", "customers", usage="/客户 [关键字]", tells="看我的客户，或查一个客户")
def show_customers(s: Session, actor: Actor, heard: Heard) -> str:
    if heard.args:
        return _one_or_some(s, actor, heard)
    page = customer_reads.list_customers(s, actor, query="", sort="days_left", page=1, size=LIST, now=heard.now)
    if actor.reach is Reach.NOTHING:
        return f"{label(actor.role)}不负责客户，这里没有名单。需要查某个客户，请找负责的销售或他的主管"
    if not page.rows:
        return "您名下还没有客户。发 /新建 公司名 建第一个；加了客户微信，我也会来问您是哪家公司"
    whose = "您能看到的客户" if actor.manages or actor.sees_all else "您的客户"
    lines = [f"{n}. {row.name}{_held_by(row, actor)}\n    {row.why}" for n, row in enumerate(page.rows, 1)]
    listed(s, actor, "show_customer", [row.public_id for row in page.rows], heard.now)
    many = f"超过 {page.total}" if page.more else f"共 {page.total}"
    more = f"{many} 个，发 /客户 关键字 查具体一个；" if page.total > len(page.rows) else ""
    return f"{whose}（快到期的在前）：\n" + "\n".join(lines) + f"\n\n{more}回复序号看详情"


def _held_by(row: customer_reads.CustomerRow, actor: Actor) -> str:
    return "" if row.owner == actor.name else f"（{row.owner or '待分配'}）"


def _one_or_some(s: Session, actor: Actor, heard: Heard) -> str:
    named = meant(s, actor, heard.args) or whose_contact(s, actor, heard.args)
    found = named or near(s, actor, heard.args)
    if not found:
        asked = heard.args[:30]
        to_make = "公司全称" if no_company(heard.args) else asked
        return f"没有找到「{asked}」。可能还没建档，或者由同事负责：发 /查重 {asked} 看看，或 /新建 {to_make}"
    if len(found) > 1 or not named:  # a name that is nearly it may be another company
        listed(s, actor, "show_customer", [one.public_id for one in found], heard.now)
        lines = [f"{n}. {one.name}" for n, one in enumerate(found, 1)]
        said = "找到这些客户" if named else f"没有叫「{heard.args[:30]}」的客户，是不是这些"
        return f"{said}，回复序号看详情：\n" + "\n".join(lines)
    return _show(s, actor, found[0].public_id, heard.key, heard.now)


@picks_from("show_customer")
def _show(s: Session, actor: Actor, public_id: Any, _key: str, now: datetime) -> str:
    file, form = page_and_form(s, actor, str(public_id), now)
    if file.writes:
        linking.set_current(s, actor, file.id, now, entrance=CHAT)
    lines = [
        f"{file.name}（{form.shown('level')}）",
        f"负责人：{file.owner or '待分配'}　{file.why}",
        *(f"商机：{d.name} · {d.stage} · {shown_amount(d.amount)}" for d in file.deals[:3]),
        *(f"微信联系人：{link.contact}" for link in file.links[:3]),
    ]
    lines += [f"{e.at.astimezone(SHANGHAI):%m-%d} {e.author}：{e.text[:40]}" for e in file.timeline[:5]]
    if not file.writes:
        return "\n".join(lines) + "\n这个客户是共享给您看的，不能记跟进、改资料"
    lines += [lacking] if (lacking := lacks(form)) else []
    return "\n".join(lines) + "\n直接打字，就记到这个客户"


@command("关联", "guanlian", "link", usage="/关联 客户", tells="接下来说的都是这个客户")
def link(s: Session, actor: Actor, heard: Heard) -> str:
    return _with_customer(s, actor, "set_current", heard)


@form("set_current", CUSTOMER)
def _set_current(s: Session, it: Filled) -> str:
    customer_id, name = it.values["customer"]
    linking.set_current(s, it.actor, customer_id, it.now, entrance=CHAT)
    waiting = linking.unlinked_contacts(s, it.actor)
    if not waiting:
        return f"好的，接下来说的都是「{name}」。直接打字记跟进，发 /待办、/商机 也都默认是它"
    notice = Notice(
        title=f"把微信联系人关联到 {name}？",
        desc=f"您有 {len(waiting)} 位联系人还没关联客户",
        selection=Selection("contact", "联系人", tuple(Choice(str(i), who) for i, who in waiting[:10])),
    )
    taps = [Tap("关联", "link_chosen", {"customer": customer_id}, 1), Tap("先不用", "dismiss", {})]
    matter = f"link_chosen:{it.key}"
    prompt_card(
        s, it.actor.person_id, notice, taps, matter=matter, dedupe=matter, now=it.now, policy=numbers.current(s)
    )
    return f"好的，接下来说的都是「{name}」。下面这张卡片可以顺手把微信联系人也关联上"


@command("解除", "jiechu", "unlink", usage="/解除 联系人", tells="解除微信联系人和客户的关联")
def unlink(s: Session, actor: Actor, heard: Heard) -> str:
    if not heard.args:
        return fill(s, actor, "unlink", {}, heard.key, heard.now)
    read = read_into(s, actor, "unlink", {}, "contact", heard.args, heard.now)
    return read if isinstance(read, str) else fill(s, actor, "unlink", read, heard.key, heard.now)


def _a_linked_contact(s: Session, actor: Actor, typed: str) -> list[Any]:
    """Slot value `[[id, moment of the link], 「name」（customer）]`: what is confirmed is that very link."""
    linked = linking.linked_contacts(s, actor, typed.strip())
    found = [([i, at.isoformat()], f"「{contact}」（{customer}）") for i, contact, customer, at in linked]
    if not found:
        raise Invalid(f"没有找到叫「{typed.strip()[:20]}」、已关联客户的微信联系人")
    if len(found) > 1:
        raise Choose("有几位联系人，回复序号选一位：", found)
    return list(found[0])


@form("unlink", Slot("contact", "要解除哪位联系人？发他的名字", _a_linked_contact))
def _unlink(s: Session, it: Filled) -> str:
    (contact_id, at), said = it.values["contact"]
    linked_at = datetime.fromisoformat(at)
    linking.unlink_contact(s, it.actor, contact_id, it.now, entrance=CHAT, linked_at=linked_at)
    back = f"解除错了，发 /关联 {said.rpartition('（')[2].rstrip('）')}，再在卡片上选他"
    return f"已解除{said}的关联。{back}；要关联到别的客户，发 /关联 客户名"


@form("link_contact", CUSTOMER)
def _link_contact(s: Session, it: Filled) -> str:
    done = linking.link_contact(s, it.actor, it.values["contact"], it.values["customer"][0], it.now, entrance=CHAT)
    return f"已把「{done.called}」关联到「{done.customer_name}」"


def link_taps(contact_id: int, name: str) -> list[Tap]:
    """What to do with a contact whose company may be there already."""
    args = {"contact": contact_id}
    return [
        Tap("不是，新建", "create_link_anyway", {**args, "name": name}),
        Tap("选其他客户", "other_link", args, 1),
        Tap("先不建", "dismiss", {}),
    ]


@form("create_link", Slot("name", "这位联系人是哪家公司的？发公司全称", some_text))
def _create_link(s: Session, it: Filled) -> str:
    contact_id, name = int(it.values["contact"]), str(it.values["name"])
    if asks_first(s, it.actor, name, link_taps(contact_id, name), it.key, it.now, entrance=CHAT):
        return f"「{name}」可能已经有了，请看下面的卡片再决定"
    done = linking.create_and_link(s, it.actor, contact_id, name, it.now, entrance=CHAT)
    if isinstance(done, collisions.Refused):
        return done.said
    return f"已新建「{done.customer_name}」，并关联联系人「{done.called}」"


@command("跟进", "genjin", "followup", "log", "gj", usage="/跟进 [客户] 内容", tells="记一条跟进")
def write(s: Session, actor: Actor, heard: Heard) -> str:
    first, rest = first_word(heard.args)
    if not heard.args:
        return fill(s, actor, "write", {}, heard.key, heard.now)
    found = meant(s, actor, first) if rest else []
    if len(found) == 1:
        named: Values = {"customer": [found[0].id, found[0].name], "text": rest}
        return fill(s, actor, "write", named, heard.key, heard.now)
    if len(found) > 1:
        asked = read_into(s, actor, "write", {"text": rest}, "customer", first, heard.now)
        return asked if isinstance(asked, str) else fill(s, actor, "write", asked, heard.key, heard.now)
    alone = [] if rest else meant(s, actor, heard.args)
    if len(alone) == 1:
        return fill(s, actor, "write", {"customer": [alone[0].id, alone[0].name]}, heard.key, heard.now)
    current = linking.current_customer(s, actor)
    if current is not None and rest:  # the first word may name a customer that is not his: he is asked
        doubt = f"没有找到叫「{first[:20]}」的客户，"
        return offer(s, actor, current, heard.args, heard.key, heard.now, doubt=doubt)
    if current is not None:
        return fill(s, actor, "write", {"customer": list(current), "text": heard.args}, heard.key, heard.now)
    asked = fill(s, actor, "write", {"text": heard.args}, heard.key, heard.now)
    return f"没有找到叫「{first[:20]}」的客户（只在您能看到的客户里找）。{asked}" if rest else asked


@form("write", CUSTOMER, Slot("text", "聊了什么？一句话就行", some_text))
def _write(s: Session, it: Filled) -> str:
    done = followups.write_follow_up(
        s, it.actor, it.values["customer"][0], str(it.values["text"]), it.now, entrance=CHAT
    )
    said = f"已记到「{done.customer_name}」的跟进"
    return f"{said}。{done.remark}" if done.remark else f"{said}，沉默计时重新开始。记错了发 /撤销"


@command("打卡", "daka", "checkin", "qiandao", usage="/打卡", tells="拜访打卡：其实发个位置就行")
def check_in(_s: Session, actor: Actor, _heard: Heard) -> str:
    return f"{actor.name}，打卡不用命令：点输入框旁的「＋」→「位置」，把您的位置发给我，我来列出附近的客户"


@command("查重", "chachong", "dedupe", "check", usage="/查重 公司名或电话", tells="建客户前看看有没有")
def dedupe(s: Session, actor: Actor, heard: Heard) -> str:
    return fill(s, actor, "dedupe", {"name": heard.args} if heard.args else {}, heard.key, heard.now)


@form("dedupe", Slot("name", "查哪家公司？发公司名、电话、信用代码或网址", some_text))
def _dedupe(s: Session, it: Filled) -> str:
    return looked_up(s, it.actor, str(it.values["name"]), it.now, entrance=CHAT)


def _with_customer(s: Session, actor: Actor, verb: str, heard: Heard) -> str:
    if not heard.args:
        return fill(s, actor, verb, {}, heard.key, heard.now)
    read = read_into(s, actor, verb, {}, "customer", heard.args, heard.now)
    return read if isinstance(read, str) else fill(s, actor, verb, read, heard.key, heard.now)


def unknown(name: str) -> str:
    """A name nobody claimed: the nearest one is offered, nothing is executed."""
    joined = next((one.name for one in all_commands() if name.startswith(one.name)), "")
    if joined:  # on a telephone the blank is easily forgotten
        return f"命令后面要空一格，您是不是想发 /{joined} {name[len(joined) :][:20]}？"
    near = suggest(name, NAMES)
    if near:
        return f"没有「/{name[:20]}」这个命令，您是不是想发 /{near}？"
    return f"没有「/{name[:20]}」这个命令。发 /帮助 看看我会什么"
