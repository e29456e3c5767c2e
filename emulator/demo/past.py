"""The invented facts of the demo company: whom it sells to, what was said, which deals run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Past:
    """`silent` days ago was the last real contact. Degrees are GCJ-02."""

    name: str
    rep: str
    silent: int
    region: str
    industry: str
    latitude: float
    longitude: float
    level: str = "normal"
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """A deal that entered its stage `days` working days ago, as stalls are counted; `amount` in yuan.

    `tender`: its bid is due at 10:00 in so many days, the deposit the day before; 0 for no tender.
    """

    name: str
    customer: str
    rep: str
    stage: str
    amount: str
    days: int
    tender: int = 0


CUSTOMERS = (
    Past(
        "昆山恒泽水务设备有限公司",
        "liqiang",
        3,
        "江苏昆山",
        "水处理",
        31.3846,
        120.9807,
        "key",
        "给钱经理回电话",
    ),
    Past("苏州瑞衡热能工程有限公司", "liqiang", 12, "江苏苏州", "热力工程", 31.2989, 120.5853),
    Past("太仓宏远化工装备有限公司", "liqiang", 30, "江苏太仓", "化工", 31.4577, 121.1306),
    Past("常熟新泰纺织机械有限公司", "liqiang", 38, "江苏常熟", "纺织机械", 31.6538, 120.7523),
    Past("张家港永兴冶金设备有限公司", "liqiang", 43, "江苏张家港", "冶金", 31.8756, 120.5556),
    Past("江阴海澄船舶动力有限公司", "liqiang", 8, "江苏江阴", "船舶", 31.9108, 120.2853),
    Past("上海浦江净水科技股份有限公司", "liqiang", 0, "上海浦东", "水处理", 31.2215, 121.5447, "key"),
    Past("无锡锦澜环保科技有限公司", "zhangmin", 6, "江苏无锡", "环保", 31.4912, 120.3119, "key", "寄样册给徐主管"),
    Past("常州天屹化工设备制造有限公司", "zhangmin", 21, "江苏常州", "化工", 31.8107, 119.9740),
    Past("南通启瑞船务工程有限公司", "zhangmin", 33, "江苏南通", "船舶", 31.9802, 120.8943),
    Past("扬州邗江泵业配套有限公司", "zhangmin", 15, "江苏扬州", "通用机械", 32.3947, 119.4130),
    Past("镇江中博电力辅机有限公司", "zhangmin", 44, "江苏镇江", "电力", 32.1878, 119.4250),
    Past("佛山粤泰陶瓷机械有限公司", "zhaolei", 4, "广东佛山", "陶瓷机械", 23.0218, 113.1219, "key", "带样泵去试机"),
    Past("广州南沙港机装备有限公司", "zhaolei", 18, "广东广州", "港口机械", 22.8016, 113.5252),
    Past("中山华创制冷设备有限公司", "zhaolei", 31, "广东中山", "制冷", 22.5170, 113.3927),
    Past("珠海鸿图海工技术有限公司", "zhaolei", 27, "广东珠海", "海工", 22.2707, 113.5767),
    Past("东莞宏科精密模具有限公司", "sunyue", 9, "广东东莞", "模具", 23.0207, 113.7518),
    Past("深圳蓝湾污水处理有限公司", "sunyue", 2, "广东深圳", "水处理", 22.5429, 114.0596, "key"),
    Past("惠州德川电子材料有限公司", "sunyue", 40, "广东惠州", "电子材料", 23.1115, 114.4158),
    Past("江门利晟食品机械有限公司", "sunyue", 16, "广东江门", "食品机械", 22.5787, 113.0819),
)

# 李强 has one of each colour, and one that is in time. 周明 is asked to two negotiations over 500,000 yuan that have
# stood for more than 15 working days.
DEALS = (
    Running("二期循环水泵 12 台", "昆山恒泽水务设备有限公司", "liqiang", "negotiation", "860000", 17),
    Running("热力站换热机组配泵", "苏州瑞衡热能工程有限公司", "liqiang", "proposal", "320000", 8),
    Running("净水厂加压泵改造", "上海浦江净水科技股份有限公司", "liqiang", "requirement", "1250000", 2, tender=3),
    Running("耐腐蚀磁力泵试用", "太仓宏远化工装备有限公司", "liqiang", "requirement", "48000", 22),
    Running("脱硫浆液泵年度框架", "无锡锦澜环保科技有限公司", "zhangmin", "proposal", "540000", 11),
    Running("船坞排水泵组", "南通启瑞船务工程有限公司", "zhangmin", "negotiation", "410000", 7),
    Running("化工流程泵备件", "常州天屹化工设备制造有限公司", "zhangmin", "contract_review", "96000", 4),
    Running("球磨机冷却循环泵", "佛山粤泰陶瓷机械有限公司", "zhaolei", "negotiation", "275000", 21),
    Running("岸桥液压站阀组", "广州南沙港机装备有限公司", "zhaolei", "proposal", "188000", 3),
    Running("污水提升泵站一期", "深圳蓝湾污水处理有限公司", "sunyue", "negotiation", "1680000", 19),
    Running("模具冷却阀门批量", "东莞宏科精密模具有限公司", "sunyue", "requirement", "62000", 4),
)


@dataclass(frozen=True, slots=True)
class Closed:
    """A deal that was opened `opened` days ago and stood so many days on each stage before it ended."""

    name: str
    customer: str
    rep: str
    amount: str
    opened: int
    stood: tuple[int, ...]
    end: str
    why: str
    rival: str = "无"


# Enough of them to learn from: eight won, five lost, one put away; all but two on the ladder for large deals.
CLOSED = (
    Closed(
        "一期循环水泵 8 台", "昆山恒泽水务设备有限公司", "liqiang",
        "640000", 146, (14, 22, 30, 12), "won", "technology", "格兰富",
    ),
    Closed(
        "换热站补水泵", "苏州瑞衡热能工程有限公司", "liqiang",
        "158000", 140, (9, 15, 21, 8), "won", "relationship",
    ),
    Closed(
        "取水泵房改造", "上海浦江净水科技股份有限公司", "liqiang",
        "920000", 138, (25, 31, 26, 15), "won", "technology", "凯泉",
    ),
    Closed(
        "染色车间增压泵", "常熟新泰纺织机械有限公司", "liqiang",
        "236000", 132, (18, 24), "lost", "price", "南方泵业",
    ),
    Closed(
        "轧线冷却泵大修", "张家港永兴冶金设备有限公司", "liqiang",
        "310000", 125, (12, 20, 34), "lost", "price", "凯泉",
    ),
    Closed(
        "脱硫循环泵 4 台", "无锡锦澜环保科技有限公司", "zhangmin",
        "480000", 144, (11, 19, 28, 10), "won", "delivery", "凯泉",
    ),
    Closed(
        "反应釜配套泵", "常州天屹化工设备制造有限公司", "zhangmin",
        "205000", 120, (10, 17, 23, 14), "won", "service",
    ),
    Closed(
        "压载水泵备件", "南通启瑞船务工程有限公司", "zhangmin",
        "36000", 60, (6, 9), "won", "price",
    ),
    Closed(
        "凝结水泵技改", "镇江中博电力辅机有限公司", "zhangmin",
        "760000", 130, (21, 40), "lost", "technology", "格兰富",
    ),
    Closed(
        "泥浆泵换型", "佛山粤泰陶瓷机械有限公司", "zhaolei",
        "268000", 135, (8, 16, 27, 11), "won", "price", "南方泵业",
    ),
    Closed(
        "起重机液压泵", "广州南沙港机装备有限公司", "zhaolei",
        "390000", 118, (15, 22, 31), "lost", "delivery", "格兰富",
    ),
    Closed(
        "海水冷却泵", "珠海鸿图海工技术有限公司", "zhaolei",
        "540000", 122, (30,), "shelved", "客户把项目推迟到明年",
    ),
    Closed(
        "提升泵站应急备泵", "深圳蓝湾污水处理有限公司", "sunyue",
        "720000", 142, (13, 26, 24, 13), "won", "technology", "凯泉",
    ),
    Closed(
        "灌装线离心泵", "江门利晟食品机械有限公司", "sunyue",
        "42000", 50, (12,), "lost", "budget",
    ),
)  # fmt: skip

TALK = (
    "电话确认了口径和扬程，对方要求材质换成 316L，周五前给修改方案",
    "到现场看了泵房，旧泵汽蚀严重，建议换双吸泵，对方认可",
    "客户说预算年底才批，让我们先把技术协议发过去",
    "和采购聊了交期，对方希望 45 天内到货，我说排产后答复",
    "设备科长反馈上批密封有渗漏，已安排售后下周一上门",
    "发了样册和三份同行业业绩，对方转给设计院看",
    "对方提到在比两家价格，关心能效等级，补发了能效检测报告",
    "拜访总经理，确认二期年后启动，我们在短名单里",
    "技术交流会来了 6 个人，主要问变频控制和远程监测",
    "电话沟通付款方式，对方想要 3-6-1，我说要回去商量",
    "客户寄来图纸，法兰标准是美标，已转技术核对",
    "确认了试机时间，带一台样泵过去连续跑 8 小时",
)

# Dealers that 李强 sells through, and a colleague's of the other region.
DEALERS = (
    Past("苏州甬江流体设备经销有限公司", "liqiang", 5, "江苏苏州", "流体设备", 31.3121, 120.6310),
    Past("广州穗工泵阀经销有限公司", "zhaolei", 7, "广东广州", "流体设备", 23.1252, 113.2806),
)


@dataclass(frozen=True, slots=True)
class Asking:
    """A lead that came in `minutes` before the demo's first morning; `rep` empty: it waits for 王磊 to hand it out."""

    company: str
    contact: str
    phone: str
    need: str
    inlet: str
    rep: str
    minutes: int


LEADS = (
    Asking(
        "宜兴清源环保设备有限公司", "陆工", "13801510001", "污水提升泵 6 台，月底前要报价", "inquiry", "liqiang", 90
    ),
    Asking("吴江盛泽印染有限公司", "沈科长", "13801510002", "染缸循环泵换型，想看样机", "exhibition", "liqiang", 400),
    Asking("启东远洋修造有限公司", "丁经理", "13801510003", "船坞排水泵备件", "manual", "", 30),
    Asking("昆山恒泽水务", "钱经理", "13801510004", "二期再加两台同型号", "inquiry", "wanglei", 20),
)

FAIR = "2026 上海泵阀展"


@dataclass(frozen=True, slots=True)
class Pump:
    """A line of the price list; prices in yuan."""

    model: str
    name: str
    calibre: str
    pressure: str
    material: str
    list_price: int
    floor: int


@dataclass(frozen=True, slots=True)
class Offer:
    """So many of a model for so much each, `days` ago."""

    customer: str
    rep: str
    model: str
    quantity: int
    price: int
    days: int


PRODUCTS = (
    Pump("IHG80-160", "立式化工泵", "DN80", "1.6MPa", "316L", 12_800, 10_500),
    Pump("ISG100-200", "立式管道泵", "DN100", "1.6MPa", "铸铁", 9_600, 7_900),
    Pump("WQ150-180", "潜水排污泵", "DN150", "1.0MPa", "不锈钢", 21_500, 17_800),
    Pump("D41F-16C", "气动隔膜阀", "DN50", "1.6MPa", "衬氟", 1_980, 1_560),
)
OFFERS = (
    Offer("昆山恒泽水务设备有限公司", "liqiang", "IHG80-160", 12, 12_200, 20),
    Offer("苏州瑞衡热能工程有限公司", "liqiang", "ISG100-200", 6, 9_200, 9),
    Offer("深圳蓝湾污水处理有限公司", "sunyue", "WQ150-180", 8, 20_400, 16),
)

# Said in WeCom this morning between 钱卫国 and 李强, who reads it again as a digest.
ARCHIVED: tuple[dict[str, str], ...] = (
    {"by": "customer", "text": "李工，二期的循环泵想再要 4 台，和上次一样的 65WQ30-18"},
    {"by": "rep", "text": "好的钱经理，还是 304 不锈钢叶轮吗？"},
    {"by": "customer", "text": "对。上次 6800 一台，这次量大，能不能到 6500？"},
    {"by": "rep", "text": "我去申请，下周三之前给您正式报价"},
    {"by": "customer", "text": "最晚 12 月 20 号要到现场，交期来得及吗？别家报的是三周"},
    {"by": "rep", "text": "三周没问题，我明天把交期写进报价单发您"},
)
