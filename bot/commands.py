"""The slash-commands: each reads its arguments into a form, which asks for whatever is missing."""

from decimal import Decimal

from bot.forms import Filled, Slot, Values, a_customer, a_deal_name, an_amount, fill, form, read_into, some_text
from bot.offers import offer
from bot.router import Heard, all_commands, command, find_command, first_word, suggest
from config.vocabulary import label
from crm import policy as numbers
from crm.access import Actor, Reach
from crm.errors import Invalid
from crm.messages import Tap, prompt_card
from crm.notices import Choice, Fact, Notice, Selection
from crm.reads import customers as customer_reads
from crm.reads.customer_page import customer_page
from crm.reads.deals import deals_of, open_deals
from crm.reads.lookup import look_up, meant
from crm.rules.amounts import say_amount
from crm.rules.days import SHANGHAI
from crm.uow import Session
from crm.usecases import customers, deals, followups, linking

CHAT = "chat"
_LIST = 10
CUSTOMER = Slot("customer", "哪个客户？直接发客户名，简称、拼音都行", a_customer)


@command("帮助", "help", "bangzhu", "?", "？", usage="/帮助", tells="我会做什么")
def show_help(_s: Session, actor: Actor, heard: Heard) -> str:
    asked = find_command(heard.args.lstrip("/／")) if heard.args else None
    if asked is not None:
        return f"{asked.usage}\n{asked.tells}"
    lines = [f"{one.usage}  {one.tells}" for one in all_commands()]
    return (
        f"{actor.name}，您好！不用记命令：直接打字，我会问您要不要记成跟进；发个位置就是打卡。\n\n"
        + "\n".join(lines)
        + "\n\n拼音、英文和全角／也行，比如 /genjin、/todo。发「取消」结束正在问的问题"
    )


@command("新建", "xinjian", "new", "create", "建客户", usage="/新建 公司名", tells="新建客户，先自动查重")
def new_customer(s: Session, actor: Actor, heard: Heard) -> str:
    return fill(s, actor, "create", {"name": heard.args} if heard.args else {}, heard.key, heard.now)


@form("create", Slot("name", "公司全称是什么？", some_text))
def _create(s: Session, it: Filled) -> str:
    name = str(it.values["name"])
    policy = numbers.current(s)
    similar = customers.look_alikes(s, it.actor, name, policy)
    if not similar or any(hit.same for hit in similar):  # the same name is refused without asking
        made = customers.create_customer(s, it.actor, customers.CustomerDraft(name=name), it.now, entrance=CHAT)
        linking.set_current(s, it.actor, made.id, it.now, entrance=CHAT)
        return f"已新建「{made.name}」，归您负责。直接打字就能记跟进，发 /待办 明天 回访 可以提醒自己"
    notice = Notice(
        title=f"先别急着建：{name}",
        desc="系统里有名称相近的客户",
        facts=tuple(
            Fact(f"相近 {n}", f"{hit.name or '名称相近的公司'} · {hit.owner}") for n, hit in enumerate(similar[:4], 1)
        ),
        body="是同一家就别重复建，找负责人配合；确实不是，再点「不是，新建」",
    )
    taps = [Tap("不是，新建", "create_anyway", {"name": name}), Tap("是同一家，不建", "dismiss", {}, 1)]
    matter = f"create:{it.key}"
    prompt_card(s, it.actor.person_id, notice, taps, matter=matter, dedupe=matter, now=it.now, policy=policy)
    return f"「{name}」可能已经有了，请看下面的卡片再决定"


@command("客户", "kehu", "customer", "customers", usage="/客户 [关键字]", tells="看我的客户，或查一个客户")
def show_customers(s: Session, actor: Actor, heard: Heard) -> str:
    if heard.args:
        return _one_or_some(s, actor, heard)
    page = customer_reads.list_customers(s, actor, query="", sort="days_left", page=1, size=_LIST, now=heard.now)
    if actor.reach is Reach.NOTHING:
        return f"{label(actor.role)}不负责客户，这里没有名单。需要查某个客户，请找负责的销售或他的主管"
    if not page.rows:
        return "您名下还没有客户。发 /新建 公司名 建第一个；加了客户微信，我也会来问您是哪家公司"
    whose = "您能看到的客户" if actor.manages or actor.sees_all else "您的客户"
    lines = [f"{n}. {row.name}{_held_by(row, actor)}\n    {row.why}" for n, row in enumerate(page.rows, 1)]
    more = f"\n共 {page.total} 个，发 /客户 关键字 查具体一个" if page.total > len(page.rows) else ""
    return f"{whose}（快到期的在前）：\n" + "\n".join(lines) + more


def _held_by(row: customer_reads.CustomerRow, actor: Actor) -> str:
    return "" if row.owner == actor.name else f"（{row.owner or '待分配'}）"


def _one_or_some(s: Session, actor: Actor, heard: Heard) -> str:
    found = look_up(s, actor, heard.args)
    if not found:
        asked = heard.args[:30]
        return f"没有找到「{asked}」。可能还没建档，或者由同事负责：发 /查重 {asked} 看看，或 /新建 {asked}"
    if len(found) > 1:
        return "找到这些客户，发 /客户 全名 看详情：\n" + "\n".join(f"· {one.name}" for one in found)
    file = customer_page(s, actor, found[0].id, heard.now)
    linking.set_current(s, actor, file.id, heard.now, entrance=CHAT)
    lines = [
        f"{file.name}（{file.level}）",
        f"负责人：{file.owner or '待分配'}　{file.why}",
        *(f"商机：{d.name} · {d.stage} · {say_amount(d.amount)}" for d in file.deals[:3]),
        *(f"微信联系人：{link.contact}" for link in file.links[:3]),
    ]
    lines += [f"{e.at.astimezone(SHANGHAI):%m-%d} {e.author}：{e.text[:40]}" for e in file.timeline[:5]]
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
        return "要解除哪位联系人？比如：/解除 张工"
    found = linking.linked_contacts(s, actor, heard.args)
    if not found:
        return f"没有找到叫「{heard.args[:20]}」、已关联客户的微信联系人"
    if len(found) > 1:
        lines = "".join(f"\n· {contact}（{customer}）" for _, contact, customer in found[:10])
        return f"有几位联系人，请写全名：{lines}"
    contact_id, contact, customer = found[0]
    linking.unlink_contact(s, actor, contact_id, heard.now, entrance=CHAT)
    return f"已解除「{contact}」和「{customer}」的关联。要关联到别的客户，发 /关联 客户名"


@form("link_contact", CUSTOMER)
def _link_contact(s: Session, it: Filled) -> str:
    done = linking.link_contact(s, it.actor, it.values["contact"], it.values["customer"][0], it.now, entrance=CHAT)
    return f"已把「{done.contact_name}」关联到「{done.customer_name}」"


@form("create_link", Slot("name", "这位联系人是哪家公司的？发公司全称", some_text))
def _create_link(s: Session, it: Filled) -> str:
    done = linking.create_and_link(s, it.actor, it.values["contact"], str(it.values["name"]), it.now, entrance=CHAT)
    return f"已新建「{done.customer_name}」，并关联联系人「{done.contact_name}」"


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
    current = linking.current_customer(s, actor)
    if current is not None and rest:  # the first word may name a customer that is not his: he is asked
        return offer(s, actor, current, heard.args, heard.key, heard.now)
    if current is not None:
        return fill(s, actor, "write", {"customer": list(current), "text": heard.args}, heard.key, heard.now)
    alone = meant(s, actor, heard.args)
    if len(alone) == 1:
        return fill(s, actor, "write", {"customer": [alone[0].id, alone[0].name]}, heard.key, heard.now)
    return fill(s, actor, "write", {"text": heard.args}, heard.key, heard.now)


@form("write", CUSTOMER, Slot("text", "聊了什么？一句话就行", some_text))
def _write(s: Session, it: Filled) -> str:
    done = followups.write_follow_up(
        s, it.actor, it.values["customer"][0], str(it.values["text"]), it.now, entrance=CHAT
    )
    said = f"已记到「{done.customer_name}」的跟进"
    return f"{said}。{done.remark}" if done.remark else f"{said}，沉默计时重新开始"


@command("商机", "shangji", "deal", "deals", usage="/商机 [客户 名称 金额]", tells="看商机，或新建一个")
def deal(s: Session, actor: Actor, heard: Heard) -> str:
    if not heard.args:
        return _deal_list(s, actor)
    first, rest = first_word(heard.args)
    found = look_up(s, actor, first)
    if not rest and len(found) == 1:
        return _deals_of(s, actor, found[0].id, found[0].name)
    values = _deal_values(s, actor, rest)
    current = linking.current_customer(s, actor) if not found and "amount" in values and "name" not in values else None
    if current is not None:  # a name and an amount, and no customer: it is the one being talked about
        values = {"customer": list(current), "name": first, **values}
        return fill(s, actor, "open_deal", values, heard.key, heard.now)
    read = read_into(s, actor, "open_deal", values, "customer", first, heard.now)
    return read if isinstance(read, str) else fill(s, actor, "open_deal", read, heard.key, heard.now)


def _deal_values(s: Session, actor: Actor, typed: str) -> Values:
    """`二期循环泵 80万`: the last word is the amount if it reads as one."""
    words = typed.split()
    if not words:
        return {}
    try:
        amount = an_amount(s, actor, words[-1])
    except Invalid:  # not an amount: then it belongs to the name, and the amount is asked for
        return {"name": " ".join(words)}
    return {"name": " ".join(words[:-1]), "amount": amount} if words[:-1] else {"amount": amount}


def _deal_list(s: Session, actor: Actor) -> str:
    rows = open_deals(s, actor, _LIST)
    if not rows:
        return "还没有进行中的商机。发 /商机 客户 名称 金额 新建，比如 /商机 华东泵业 二期循环泵 80万"
    lines = [f"{n}. {r.name} · {r.customer} · {r.stage} · {say_amount(r.amount)}" for n, r in enumerate(rows, 1)]
    return "进行中的商机：\n" + "\n".join(lines)


def _deals_of(s: Session, actor: Actor, customer_id: int, name: str) -> str:
    rows = deals_of(s, actor, customer_id)
    if not rows:
        return f"「{name}」还没有商机。发 /商机 {name} 名称 金额 新建"
    return f"「{name}」的商机：\n" + "\n".join(f"· {r.name} · {r.stage} · {say_amount(r.amount)}" for r in rows)


@form(
    "open_deal",
    CUSTOMER,
    Slot("name", "商机叫什么？比如「二期循环泵」", a_deal_name),
    Slot("amount", "金额大概多少？比如 80万", an_amount),
)
def _open_deal(s: Session, it: Filled) -> str:
    amount = Decimal(str(it.values["amount"]))
    made = deals.open_deal(s, it.actor, it.values["customer"][0], str(it.values["name"]), amount, it.now, entrance=CHAT)
    return f"已新建商机「{made.name}」（{made.customer_name}，{say_amount(amount)}），现在是{made.stage}"


@command("打卡", "daka", "checkin", "qiandao", usage="/打卡", tells="拜访打卡：其实发个位置就行")
def check_in(_s: Session, actor: Actor, _heard: Heard) -> str:
    return f"{actor.name}，打卡不用命令：点输入框旁的「＋」→「位置」，把您的位置发给我，我来列出附近的客户"


@command("查重", "chachong", "dedupe", "check", usage="/查重 公司名", tells="建客户前看看有没有")
def look_alikes(s: Session, actor: Actor, heard: Heard) -> str:
    return fill(s, actor, "dedupe", {"name": heard.args} if heard.args else {}, heard.key, heard.now)


@form("dedupe", Slot("name", "查哪家公司？发公司名", some_text))
def _look_alikes(s: Session, it: Filled) -> str:
    name = str(it.values["name"])
    found = customers.look_alikes(s, it.actor, name, numbers.current(s))
    if not found:
        return f"没有和「{name}」相同或相近的客户，可以发 /新建 {name}"
    lines = [f"· {hit.name or '名称相近的公司'}：{hit.owner}（{hit.reason}）" for hit in found]
    return f"和「{name}」相同或相近的有：\n" + "\n".join(lines) + "\n同一家就别重复建；需要配合请找主管协调"


def _with_customer(s: Session, actor: Actor, verb: str, heard: Heard) -> str:
    if not heard.args:
        return fill(s, actor, verb, {}, heard.key, heard.now)
    read = read_into(s, actor, verb, {}, "customer", heard.args, heard.now)
    return read if isinstance(read, str) else fill(s, actor, verb, read, heard.key, heard.now)


def unknown(name: str) -> str:
    """A name nobody claimed: the nearest one is offered, nothing is executed."""
    near = suggest(name)
    if near:
        return f"没有「/{name[:20]}」这个命令，您是不是想发 /{near}？"
    return f"没有「/{name[:20]}」这个命令。发 /帮助 看看我会什么"
