"""Every number the business may change, with its bounds and its reason beside it."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Number:
    """What the console and the shell need to show and check one policy value."""

    label: str
    unit: str
    low: Decimal
    high: Decimal
    reason: str  # without the number itself, which may be changed


_LONGEST = 20  # characters of a number; the store keeps 40
_TYPED = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)(万|亿|)元?")  # no 1e9: nobody sees at a glance what he is saving
_UNITS = {"": 1, "万": 10_000, "亿": 10**8}


def _n(default: Any, label: str, unit: str, low: int, high: int, reason: str) -> Any:
    return field(default=default, metadata={"number": Number(label, unit, Decimal(low), Decimal(high), reason)})


@dataclass(frozen=True, slots=True)
class Policy:
    """Today's numbers. `remind < second_reminder < last_reminder < release` is checked at construction."""

    remind_after_days: int = _n(30, "沉默提醒", "天", 1, 365, "连续这么多天没有跟进，第一次提醒负责人")
    second_reminder_days: int = _n(40, "第二次提醒", "天", 1, 365, "还是没有跟进，回收前再提醒一次")
    last_reminder_days: int = _n(44, "最后提醒", "天", 1, 365, "回收之前最后提醒一次")
    release_after_days: int = _n(45, "沉默回收", "天", 2, 365, "满这么多天仍无跟进，释放给主管重新分配")
    recycling_live: bool = _n(False, "启用回收", "", 0, 1, "试运行时只提醒、不回收；销售运营确认后再启用")
    releases_per_day: int = _n(50, "每天最多回收", "个", 1, 10000, "刚启用时不会一夜之间放空一个团队")
    undo_release_days: int = _n(7, "回收可撤销", "天", 1, 30, "主管发现误回收时，这么多天之内能一键退还")
    proposal_days: int = _n(7, "方案提交黄牌", "工作日", 1, 90, "方案交出这么久没有回音，提醒负责人")
    negotiation_days: int = _n(15, "价格谈判介入", "工作日", 1, 90, "谈判到了这么久还没有结果，请主管介入")
    stage_days: int = _n(10, "其他阶段黄牌", "工作日", 1, 180, "其余阶段停留过久的默认天数")
    stall_lead_percent: int = _n(
        150, "停滞告诉主管", "%", 100, 500, "停到期限的这么多，负责人还没有推动，告诉主管；价格谈判一到期限就告诉"
    )
    stall_director_days: int = _n(
        3, "红牌后告诉总监", "工作日", 0, 90, "停到期限的两倍是红牌，再过这么久还没动，告诉总监"
    )
    director_above: Decimal = _n(
        Decimal(500_000), "总监介入金额", "元", 0, 1_000_000_000, "超过这个金额的订单要总监介入，可以写成 60万"
    )
    split_days: int = _n(
        30, "拆单合计期", "天", 0, 365, "同一客户前后这么多天里的商机合起来看，拆小了也要审批；填零就不合计"
    )
    snooze_days: int = _n(3, "停滞暂缓", "天", 1, 30, "卡片上点一次暂缓，这么多天之内不再提醒")
    quote_days: int = _n(30, "报价有效期", "天", 1, 365, "新报价默认有效这么多天，单张可以改")
    quote_remind_days: int = _n(3, "报价到期提醒", "工作日", 0, 30, "有效期只剩这么几个工作日，列进报价人早上的清单")
    approval_late_hours: int = _n(
        8, "审批久等", "工作小时", 1, 200, "提交后等了这么久还没有人处理，列进提交人早上的清单，请他催办"
    )
    reminders_per_day: int = _n(3, "每人每天单独提醒", "条", 1, 20, "多出来的合成一条发，不刷屏")
    undo_minutes: int = _n(10, "按错可撤销", "分钟", 1, 60, "卡片上点错了，这么久之内能撤销")
    dialogue_minutes: int = _n(10, "追问有效期", "分钟", 1, 60, "问答放了这么久没回，就当不要了")
    card_days: int = _n(14, "卡片有效期", "天", 1, 60, "太久以前的卡片不再执行，免得按错")
    late_after_minutes: int = _n(10, "迟到消息", "分钟", 1, 120, "迟到超过这么久的消息只留存、不执行")
    import_undo_days: int = _n(7, "导入可撤销", "天", 1, 30, "整批导错了，这么多天之内能一次撤回")
    contest_days: int = _n(3, "归属裁定期限", "天", 1, 30, "两人的表里有同一家客户，主管这么多天没裁定就归先导入的人")
    export_rows_per_day: int = _n(5000, "每人每天导出", "行", 1, 1_000_000, "客户名单不会一次被整个拿走")
    export_alone: int = _n(200, "独自导出上限", "行", 0, 100_000, "超过这么多行要主管或销售运营同意")
    export_hours: int = _n(24, "导出文件保留", "小时", 1, 720, "名单文件不长期留在服务器上")
    nearby_metres: int = _n(1000, "附近客户", "米", 50, 20000, "打卡时列出多远以内的客户")
    share_days: int = _n(90, "共享默认期限", "天", 1, 1096, "共享给同事时默认给这么久，到期自动收回，需要可以延长")
    reveals_per_day: int = _n(
        20, "每天看完整电话", "次", 1, 1000, "看别人客户的完整号码要留痕；够正常配合用，不够把号码整批抄走"
    )
    lookups_per_day: int = _n(
        60, "每天查重命中", "次", 1, 10000, "查重命中别人的客户计一次；防止用查重把同事的客户一个个试出来"
    )
    collision_credit: int = _n(50, "撞单共同跟进业绩", "%", 0, 100, "裁定共同跟进时，后来的一方默认分到这么多业绩")
    import_rows_days: int = _n(
        90, "导入明细留存", "天", 31, 730, "过了这么多天，导入表里的每一行不再保存，只留每种结果多少行；可撤销期内不清"
    )
    stray_files_days: int = _n(
        7, "遗留文件留存", "天", 2, 90, "导入、导出没有用完的文件（进程中断留下的）过这么多天删掉"
    )
    merge_undo_days: int = _n(30, "合并可撤销", "天", 1, 365, "两份客户合错了，这么多天之内能原样拆开")
    registration_days: int = _n(
        90, "报备保护期", "天", 7, 730, "首家报备的经销商受保护这么久，太短来不及投标，太长会占着不做"
    )
    registration_extensions: int = _n(2, "报备可延期", "次", 0, 10, "到期还在推进就能延，延够了次数要重新判断")
    registration_remind_days: int = _n(7, "报备到期提醒", "天", 2, 60, "到期前这么多天第一次提醒，来得及问一问进展")
    first_response_minutes: int = _n(
        120, "线索首次响应", "工作分钟", 5, 4800, "询价的人同时在问几家，回得越晚越轮不到我们"
    )
    form_per_address: int = _n(20, "网站表单每地址", "次/小时", 1, 1000, "同一地址一小时内最多收这么多条，挡住灌水")
    form_per_inlet: int = _n(300, "网站表单每入口", "次/小时", 1, 100000, "一个入口一小时内最多收这么多条，挡住攻击")
    attachments_per_customer: int = _n(
        200, "每个客户的附件", "个", 10, 5000, "一页看得完、找得到；更多的请打包，或移除用不到的"
    )
    attachments_per_day: int = _n(
        100, "每人每天上传附件", "个", 1, 5000, "跑一天现场也拍不完这么多；挡住成批倒文件把磁盘占满"
    )
    removed_files_days: int = _n(
        90, "移除的附件留存", "天", 7, 730, "移除后文件再留这么久才从磁盘上删掉，查问题时还找得到"
    )
    talk_days: int = _n(
        365,
        "会话存档留存",
        "天",
        30,
        1096,
        "存下的客户会话过了这么多天删掉，只留小结和它引用的几句；个人信息用不着就不留",
    )
    visit_metres: int = _n(
        300, "拜访定位容差", "米", 50, 5000, "小程序定位离客户这么远以内算到了；手机自报的误差另外加上"
    )
    visit_picked_metres: int = _n(
        500,
        "拜访选点容差",
        "米",
        50,
        5000,
        "聊天里发的位置没有误差可查，地图上的标注又常在大门或园区，离客户这么远以内算到了",
    )
    visit_valid_score: int = _n(70, "拜访有效", "分", 51, 90, "可信分到这么多就是有效；高了会让老实人多写说明")
    visit_doubtful_score: int = _n(
        20, "拜访存疑", "分", 0, 49, "可信分到这么多是存疑，再低是无效；一条疑点单独到不了无效"
    )
    similar_at: int = _n(82, "疑似重复", "分", 50, 100, "名称相似度到这个分数就提示查重")

    def __post_init__(self) -> None:
        steps = (self.remind_after_days, self.second_reminder_days, self.last_reminder_days, self.release_after_days)
        if list(steps) != sorted(set(steps)):
            raise ValueError("提醒天数要一次比一次晚，并且都早于回收天数")

    def __iter__(self) -> Iterator[tuple[str, Any, Number]]:
        for item in fields(self):
            yield item.name, getattr(self, item.name), item.metadata["number"]

    @property
    def reminder_steps(self) -> tuple[int, ...]:
        return (self.remind_after_days, self.second_reminder_days, self.last_reminder_days)


def parse_value(name: str, text: str) -> int | bool | Decimal:
    """Read what an administrator typed; ValueError carries a Chinese sentence.

    Unknown names and values out of bounds are refused, so that a typo cannot switch a rule off.
    """
    for item in fields(Policy):
        if item.name == name:
            break
    else:
        raise ValueError(f"没有叫「{name}」的规则，可用 policy list 查看全部")
    number: Number = item.metadata["number"]
    typed = "".join(unicodedata.normalize("NFKC", text).replace(",", "").split())
    if isinstance(item.default, bool):
        known = {
            "true": True,
            "1": True,
            "是": True,
            "启用": True,
            "false": False,
            "0": False,
            "否": False,
            "停用": False,
        }
        if typed.lower() not in known:
            raise ValueError(f"「{number.label}」只能填 true 或 false")
        return known[typed.lower()]
    if len(typed) > _LONGEST:
        raise ValueError(f"「{number.label}」最多填 {_LONGEST} 个字符，请改短")
    money = isinstance(item.default, Decimal)
    found = _TYPED.fullmatch(typed)
    if found is None or (typed != found[1] and not money):
        example = "金额，例如 600000 或 60万" if money else "数字"
        raise ValueError(f"「{number.label}」要填{example}，您填的是「{text[:20]}」")
    value = Decimal(found[1]) * _UNITS[found[2]]
    if not number.low <= value <= number.high:
        raise ValueError(f"「{number.label}」要在 {number.low} 到 {number.high} {number.unit}之间")
    if money:
        return _to_the_cent(value)
    if value != value.to_integral_value():
        raise ValueError(f"「{number.label}」要填整数")
    return int(value)


def _to_the_cent(value: Decimal) -> Decimal:
    """Two decimals at most, none where there are none, so that the same amount is always written the same way."""
    rounded = value.quantize(Decimal("0.01"))
    return Decimal(int(rounded)) if rounded == rounded.to_integral_value() else rounded
