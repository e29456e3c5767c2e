"""Evidence that the tests make themselves: papers from five templates, in every format, and what people change."""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from xml.sax.saxutils import escape

import xlsxwriter
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from config.vocabulary import FileKind

_PLACES = (
    "无锡", "苏州", "常州", "南通", "杭州", "宁波", "合肥", "芜湖", "济南", "青岛", "郑州",
    "武汉", "长沙", "南昌", "福州", "东莞", "佛山", "成都", "重庆", "西安",
)  # fmt: skip
_BRANDS = (
    "蓝天", "宏远", "华东", "恒通", "金源", "瑞丰", "新泉", "海纳", "博大", "天成", "长江",
    "东方", "盛世", "永泰", "精工", "万和", "明珠", "双龙", "鼎盛", "康达",
)  # fmt: skip
_TRADES = (
    "泵业", "水务", "化工", "机电", "环保", "纺织", "钢铁", "能源", "食品", "制药", "造纸", "电力",
)  # fmt: skip
_PEOPLE = (
    "王建国", "李文清", "张海峰", "刘志强", "陈晓梅", "杨立新", "赵宏伟", "黄永生", "周国平", "吴丽华",
    "徐东升", "孙玉兰", "马少华", "朱明远", "胡长青",
)  # fmt: skip
_GOODS = (
    "循环水泵", "卧式离心泵", "多级增压泵", "潜水排污泵", "化工流程泵", "磁力驱动泵", "屏蔽泵", "计量泵",
    "消防泵组", "真空泵",
)  # fmt: skip
_MODELS = (
    "ISG", "ISW", "CDL", "WQ", "CZ", "CQB", "PBG", "JYX", "XBD", "SK",
)  # fmt: skip
_STUFFS = ("304不锈钢", "316L不锈钢", "球墨铸铁", "碳钢", "双相钢", "衬氟", "青铜", "铸铁")
_PROJECTS = (
    "一期扩建", "二期循环水", "污水提标", "锅炉给水", "冷却塔改造", "中水回用", "消防系统", "厂区供水",
    "工艺改造", "除盐水站",
)  # fmt: skip
_LIQUIDS = ("循环水", "软化水", "污水", "盐酸", "烧碱", "导热油")


def company(chance: Random) -> str:
    brand = chance.choice(_BRANDS) + chance.choice(_BRANDS)[:1]
    return f"{chance.choice(_PLACES)}{brand}{chance.choice(_TRADES)}有限公司"


def _day(chance: Random) -> str:
    return f"2026年{chance.randint(1, 12)}月{chance.randint(1, 28)}日"


def _model(chance: Random) -> str:
    return f"{chance.choice(_MODELS)}{chance.randint(20, 300)}-{chance.randint(100, 500)}"


def _sum(chance: Random) -> str:
    return f"{chance.randint(8, 999)}{chance.randint(100, 999)}"


@dataclass(frozen=True)
class Paper:
    """`lines` are paragraphs; a line with tabs is the row of a table."""

    template: str
    lines: tuple[str, ...]


_SENTENCES: Sequence[Callable[[Random], str]] = (
    lambda c: (
        f"{c.choice(_PEOPLE)}介绍现场有{c.randint(2, 12)}台{c.choice(_GOODS)}，运行{c.randint(3, 20)}年，"
        f"{c.choice(['机封漏水', '轴承过热', '振动超标', '效率下降', '噪声偏大'])}，每月停机{c.randint(1, 9)}次。"
    ),
    lambda c: (
        f"客户要求流量不低于{c.randint(20, 900)}立方米每小时，扬程{c.randint(12, 160)}米，"
        f"介质温度{c.randint(20, 150)}度，过流部件用{c.choice(_STUFFS)}。"
    ),
    lambda c: f"预算约{c.randint(10, 600)}万元，由{c.choice(_PEOPLE)}负责，计划{_day(c)}前完成招标。",
    lambda c: (
        f"竞争对手{c.choice(['格兰富', '威乐', '凯泉', '南方泵业', '东方泵业', '连成'])}已经报过价，"
        f"比我们{c.choice(['高', '低'])}{c.randint(2, 18)}个百分点，交期{c.randint(20, 90)}天。"
    ),
    lambda c: (
        f"双方同意{_day(c)}由{c.choice(_PEOPLE)}带队到{c.choice(_PLACES)}工厂看样机，并做{c.randint(2, 48)}小时试验。"
    ),
    lambda c: (
        f"{c.choice(_PROJECTS)}的管道已经改为DN{c.choice([80, 100, 125, 150, 200, 250])}，"
        f"泵房净高{c.randint(3, 9)}米，电机功率不得超过{c.randint(5, 250)}千瓦。"
    ),
    lambda c: (
        f"付款按{c.randint(1, 4)}0%预付、{c.randint(3, 6)}0%发货前、余款验收后{c.randint(15, 90)}天谈，"
        f"{c.choice(_PEOPLE)}要回去请示。"
    ),
    lambda c: (
        f"备件清单要包含{c.randint(2, 8)}套机械密封和{c.randint(1, 6)}套轴承，质保{c.choice([12, 18, 24, 36])}个月。"
    ),
    lambda c: (
        f"{c.choice(_PEOPLE)}担心{c.choice(['汽蚀', '结垢', '腐蚀', '水锤', '堵塞'])}，希望看到{company(c)}的使用业绩。"
    ),
    lambda c: f"下一步由{c.choice(_PEOPLE)}在{_day(c)}前提供{c.choice(['选型书', '外形图', '报价单', '性能曲线'])}。",
)
_QUOTE_TERMS = (
    "以上价格含13%增值税、包装费和到厂运费，不含卸货及安装。",
    "设备按GB/T 5657制造，出厂前逐台做水压和性能试验，随机提供合格证、试验报告和使用说明书。",
    "质量保证期为到货后18个月或运行后12个月，以先到为准；质保期内因制造原因损坏的零件免费更换。",
    "付款方式为合同签订后预付30%，发货前付60%，余款10%作为质保金在质保期满后七日内付清。",
    "本报价有效期30天，逾期价格以书面确认为准。开户行：中国工商银行江北支行，账号1103028809200118866。",
)
CONTRACT_TERMS = (
    "根据《中华人民共和国民法典》及有关法律，买卖双方经协商一致，订立本合同，以资共同遵守。",
    "质量标准：卖方交付的货物应为全新、未使用过的产品，符合国家标准、行业标准以及双方签订的技术协议的要求。",
    "包装：按适合长途运输和多次装卸的要求包装，防潮、防锈、防震，因包装不善造成的损坏由卖方承担。",
    "验收：货到后买方应在十五日内开箱验收，逾期未提出书面异议的视为验收合格；隐蔽缺陷在质保期内随时提出。",
    "质量保证：质保期为货到十八个月或投运十二个月，以先到为准，期内卖方接到通知后四十八小时内到场处理。",
    "违约责任：卖方逾期交货的，每逾期一日按逾期部分货款的千分之一支付违约金，累计不超过合同总价的百分之十。",
    "买方逾期付款的，每逾期一日按逾期金额的千分之一支付违约金；逾期超过六十日的，卖方有权解除合同。",
    "不可抗力：因战争、地震、洪水等不可抗力不能履行合同的一方应在七日内通知对方，并提供有关机构的证明。",
    "知识产权：卖方保证买方在使用该货物时不受第三方提出侵犯专利权、商标权等知识产权的指控。",
    "保密：双方对在履行合同中知悉的对方技术资料和商业秘密负有保密义务，合同终止后继续有效三年。",
    "争议解决：因本合同发生的争议由双方协商解决，协商不成的，提交卖方所在地有管辖权的人民法院诉讼解决。",
    "本合同一式四份，双方各执两份，自双方签字盖章之日起生效，传真件和扫描件与原件具有同等效力。",
    "合同附件包括技术协议、供货清单和廉洁协议，与本合同具有同等法律效力，不一致时以本合同为准。",
)
_TECHNICAL_TERMS = (
    "本技术协议适用于下列泵组的功能设计、结构、性能、制造、检验和供货等方面的技术要求。",
    "泵的设计和制造应符合GB/T 5657、GB/T 3216、JB/T 8097和API 610的有关规定，铭牌用不锈钢制作并固定在明显处。",
    "电机防护等级不低于IP55，绝缘等级F级，按B级温升考核，供电为380V、50Hz，三相四线。",
    "水力性能试验按GB/T 3216的2级执行，流量、扬程、效率和功率均应有记录，试验后轴承温升不超过35摄氏度。",
    "轴封用集装式机械密封，型号和冲洗方案由卖方推荐，买方确认；首次无故障运行时间不少于8000小时。",
    "转子部件应做动平衡试验，精度不低于G6.3级；机组在额定工况下的振动烈度不大于2.8毫米每秒。",
    "卖方随机提供安装图、外形图、性能曲线、备件清单和使用维护说明书各四份，电子版一份。",
    "卖方负责现场指导安装和调试，并对买方的运行人员进行不少于两天的培训，费用包含在总价内。",
)


def _minutes(c: Random) -> list[str]:
    body = [make(c) for make in c.sample(_SENTENCES, c.randint(5, 9))]
    return [
        "会议纪要",
        f"客户：{company(c)}",
        f"时间：{_day(c)} 地点：{c.choice(_PLACES)}{c.choice(['会议室', '现场', '办公楼', '泵房'])}",
        f"参加人：{'、'.join(c.sample(_PEOPLE, c.randint(2, 5)))}",
        "一、会议议题和讨论内容",
        *body,
        "二、以上内容双方确认无误，会后三个工作日内没有异议即按此执行。",
    ]


def _rows(c: Random) -> list[str]:
    return [
        "\t".join((str(n), c.choice(_GOODS), _model(c), c.choice(_STUFFS), str(c.randint(1, 20)), _sum(c), _sum(c)))
        for n in range(1, c.randint(2, 8))
    ]


def _quotation(c: Random) -> list[str]:
    return [
        "江北泵业制造有限公司 报价单",
        f"报价编号：BJ2026{c.randint(1000, 9999)} 日期：{_day(c)}",
        f"致：{company(c)} {c.choice(_PEOPLE)}",
        "感谢贵公司的询价，我公司很高兴按贵方要求报价如下：",
        "序号\t名称\t型号\t材质\t数量\t单价\t金额",
        *_rows(c),
        f"合计人民币：{_sum(c)}元 交货期：{c.randint(3, 16)}周",
        *_QUOTE_TERMS,
        f"报价人：{c.choice(_PEOPLE)} 电话：1{c.randint(30, 89)}{c.randint(10_000_000, 99_999_999)}",
    ]


def _contract(c: Random) -> list[str]:
    buyer, total = company(c), _sum(c)
    return [
        "工业品买卖合同",
        f"合同编号：HT2026-{c.randint(1000, 9999)}",
        f"买方：{buyer}",
        "卖方：江北泵业制造有限公司",
        CONTRACT_TERMS[0],
        "序号\t名称\t型号\t材质\t数量\t单价\t金额",
        *_rows(c),
        f"合同总价：人民币{total}元，含13%增值税。交货时间：{_day(c)}前，交货地点：{c.choice(_PLACES)}买方仓库。",
        *CONTRACT_TERMS[1:],
        f"买方（盖章）：{buyer} 代表：{c.choice(_PEOPLE)}",
        "卖方（盖章）：江北泵业制造有限公司 代表：高建军",
        f"签订日期：{_day(c)}",
    ]


def _technical(c: Random) -> list[str]:
    return [
        f"{company(c)}{c.choice(_PROJECTS)}项目 技术协议",
        *_TECHNICAL_TERMS[:2],
        f"设备名称：{c.choice(_GOODS)} 型号：{_model(c)} 数量：{c.randint(1, 12)}台",
        f"流量：{c.randint(20, 900)}m3/h 扬程：{c.randint(12, 160)}m 汽蚀余量：{c.randint(2, 8)}.{c.randint(0, 9)}m",
        f"电机功率：{c.randint(5, 250)}kW 转速：{c.choice([1450, 2900, 980])}r/min 效率：{c.randint(55, 84)}%",
        f"介质：{c.choice(_LIQUIDS)} 温度：{c.randint(20, 150)}℃ 过流材质：{c.choice(_STUFFS)}",
        *_TECHNICAL_TERMS[2:],
        f"买方代表：{c.choice(_PEOPLE)} 卖方代表：{c.choice(_PEOPLE)} 日期：{_day(c)}",
    ]


def _proof(c: Random) -> list[str]:
    return [
        f"{company(c)}采购订单 编号：PO{c.randint(100_000, 999_999)}",
        "请按下列要求供货，收到后一个工作日内回签：",
        *_rows(c),
        f"总金额：{_sum(c)}元 交货日期：{_day(c)} 收货人：{c.choice(_PEOPLE)}",
        "货物须附合格证和装箱单，发票随货同行，开票资料见我公司备案信息。",
        "逾期交货按订单金额的千分之三每天扣款，质量问题无条件退换。",
        f"采购员：{c.choice(_PEOPLE)} 审批：{c.choice(_PEOPLE)}",
    ]


TEMPLATES: Mapping[str, Callable[[Random], list[str]]] = {
    "minutes": _minutes,
    "quotation": _quotation,
    "contract": _contract,
    "technical": _technical,
    "proof": _proof,
}


def paper(chance: Random) -> Paper:
    template = chance.choice(list(TEMPLATES))
    return Paper(template, tuple(TEMPLATES[template](chance)))


def changed(chance: Random, one: Paper) -> Paper:
    """One paragraph of it replaced, left out, added, or changed inside: what a person does so that it looks new."""
    lines = list(one.lines)
    long = [n for n, line in enumerate(lines) if len(line) >= 12]
    at = chance.choice(long)
    way = chance.choice(["replaced", "left out", "added", "edited"])
    fresh = chance.choice(_SENTENCES)(chance)
    if way == "replaced":
        lines[at] = fresh
    elif way == "left out":
        del lines[at]
    elif way == "added":
        lines.insert(at, fresh)
    else:
        half = len(lines[at]) // 2
        lines[at] = lines[at][: half - 3] + chance.choice(_PEOPLE) + str(chance.randint(10, 99)) + lines[at][half + 3 :]
    return Paper(one.template, tuple(lines))


# -- the same paper as a file ---------------------------------------------------------------------------------------

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'


def _packed(chance: Random, parts: Mapping[str, str]) -> bytes:
    """Saved again it is other bytes: another moment, another compression."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in {"[Content_Types].xml": "<Types/>", **parts}.items():
            entry = zipfile.ZipInfo(name, (2026, chance.randint(1, 12), chance.randint(1, 28), 9, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, content, compresslevel=chance.randint(1, 9))
    return out.getvalue()


def _docx(c: Random, lines: Sequence[str]) -> bytes:
    def runs(line: str) -> str:
        """Word cuts a sentence wherever somebody has once typed."""
        cut = c.randint(0, len(line))
        return "".join(f"<w:r><w:t>{escape(part)}</w:t></w:r>" for part in (line[:cut], line[cut:]))

    def block(line: str) -> str:
        if "\t" not in line:
            return f"<w:p>{runs(line)}</w:p>"
        return "<w:tr>" + "".join(f"<w:tc><w:p>{runs(cell)}</w:p></w:tc>" for cell in line.split("\t")) + "</w:tr>"

    body = "".join(map(block, lines))
    return _packed(c, {"word/document.xml": f"<w:document {_W}><w:body>{body}</w:body></w:document>"})


def _pptx(c: Random, lines: Sequence[str]) -> bytes:
    slides = [lines[at : at + 8] for at in range(0, len(lines), 8)]
    return _packed(c, {
        f"ppt/slides/slide{n}.xml": f"<a:sld {_A}>"
        + "".join(f"<a:p><a:r><a:t>{escape(line)}</a:t></a:r></a:p>" for line in slide)
        + "</a:sld>"
        for n, slide in enumerate(slides, start=1)
    })  # fmt: skip


def _xlsx(c: Random, lines: Sequence[str]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"comments": str(c.random())})
    sheet = book.add_worksheet()
    for row, line in enumerate(lines):
        for column, cell in enumerate(line.split("\t")):
            if cell.isdecimal() and len(cell) < 10:
                sheet.write_number(row, column, int(cell))
            else:
                sheet.write_string(row, column, cell)
    book.close()
    return out.getvalue()


def pdf(c: Random, lines: Sequence[str], width: int = 0) -> bytes:
    """Wrapped at a margin, with page numbers: a PDF knows lines and no paragraphs."""
    width = width or c.randint(34, 46)
    shown = [line[at : at + width] for line in lines for at in range(0, max(1, len(line)), width)]
    height = c.randint(26, 34)
    pages = [shown[at : at + height] for at in range(0, len(shown), height)]
    pages = [[*page, f"第 {n} 页 共 {len(pages)} 页"] for n, page in enumerate(pages, start=1)]
    signs = sorted({sign for page in pages for line in page for sign in line})
    code = {sign: n for n, sign in enumerate(signs, start=1)}
    maps = "".join(f"<{n:04X}> <{sign.encode('utf-16-be').hex()}>\n" for sign, n in code.items())
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n1 begincodespacerange "
        f"<0000> <FFFF> endcodespacerange\n{len(code)} beginbfchar\n{maps}endbfchar\nendcmap end end"
    )
    bodies = [_drawn(page, code) for page in pages]
    first = 6  # catalog, pages, font, descendant, cmap
    system, font = "<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>", "/Resources<</Font<</F 3 0 R>>>>"
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>",
        "<</Type/Font/Subtype/Type0/BaseFont/F/Encoding/Identity-H/DescendantFonts[4 0 R]/ToUnicode 5 0 R>>",
        f"<</Type/Font/Subtype/CIDFontType2/BaseFont/F/DW 1000/CIDSystemInfo{system}>>",
        f"<</Length {len(cmap)}>>stream\n{cmap}\nendstream",
    ]
    for n, body in enumerate(bodies):
        objects += [
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]{font}/Contents {first + 2 * n + 1} 0 R>>",
            f"<</Length {len(body)}>>stream\n{body}\nendstream",
        ]
    return file_of([one.encode() for one in objects])


def _drawn(lines: Sequence[str], code: Mapping[str, int]) -> str:
    """Cells of a row stand apart; each line is a little lower than the one before."""
    shown = []
    for n, line in enumerate(lines):
        for column, cell in enumerate(line.split("\t")):
            written = "".join(f"{code[sign]:04X}" for sign in cell)
            shown.append(f"BT /F 11 Tf {50 + 70 * column} {800 - 22 * n} Td <{written}> Tj ET")
    return "\n".join(shown)


def file_of(objects: Sequence[bytes]) -> bytes:
    """A PDF of these objects, the first of which is the catalog."""
    out, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return out + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)


WRITERS: Mapping[FileKind, Callable[[Random, Sequence[str]], bytes]] = {
    FileKind.DOCX: _docx,
    FileKind.XLSX: _xlsx,
    FileKind.PPTX: _pptx,
    FileKind.PDF: pdf,
    FileKind.TEXT: lambda c, lines: ("\r\n" if c.random() < 0.5 else "\n").join(lines).encode(),
}


def written(chance: Random, one: Paper, kind: FileKind | None = None) -> tuple[FileKind, bytes]:
    kind = kind or chance.choice(list(WRITERS))
    return kind, WRITERS[kind](chance, one.lines)


# -- pictures -------------------------------------------------------------------------------------------------------


def photo(chance: Random, size: tuple[int, int] = (1200, 900)) -> Image.Image:
    """Like a place that somebody has photographed: soft light and shade, and things with edges in front of it."""
    few = Image.frombytes("RGB", (8, 6), chance.randbytes(8 * 6 * 3))
    made = few.resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(20))
    draw = ImageDraw.Draw(made)
    for _ in range(chance.randint(6, 16)):
        x, y = chance.randint(0, size[0]), chance.randint(0, size[1])
        w, h = chance.randint(30, size[0] // 3), chance.randint(30, size[1] // 3)
        colour = (chance.randrange(256), chance.randrange(256), chance.randrange(256))
        chance.choice([draw.rectangle, draw.ellipse])((x, y, x + w, y + h), fill=colour)
    return made


def sheet(form: Random, chance: Random, size: tuple[int, int] = (1000, 1414)) -> Image.Image:
    """A scanned page of a form: `form` prints the same lines again and again, `chance` fills in six of them."""
    made = Image.new("L", size, 250)
    draw = ImageDraw.Draw(made)
    filled = set(form.sample(range(3, 40), 6))
    for row in range(44):
        ink = chance if row in filled else form
        x = 90
        for _ in range(ink.randint(6, 38)):
            _glyph(draw, ink, x, 80 + row * 29)
            x += 22
    return made.convert("RGB")


def _glyph(draw: ImageDraw.ImageDraw, ink: Random, x: int, y: int) -> None:
    """As dark and as irregular as a letter."""
    for _ in range(5):
        a, b = ink.randint(0, 17), ink.randint(0, 17)
        draw.line((x + a, y + b, x + ink.randint(0, 17), y + ink.randint(0, 17)), fill=ink.randint(20, 60), width=2)


def picture_file(chance: Random, picture: Image.Image, kind: FileKind | None = None) -> tuple[FileKind, bytes]:
    kind = kind or chance.choice([FileKind.JPEG, FileKind.PNG, FileKind.WEBP])
    out = io.BytesIO()
    options = {} if kind is FileKind.PNG else {"quality": chance.randint(45, 92)}
    picture.save(out, kind.upper(), **options)
    return kind, out.getvalue()


def resized(chance: Random, picture: Image.Image) -> Image.Image:
    """Smaller or larger, a little lighter or darker."""
    by = chance.uniform(0.4, 1.6)
    made = picture.resize((int(picture.width * by), int(picture.height * by)), Image.Resampling.LANCZOS)
    return ImageEnhance.Brightness(made).enhance(chance.uniform(0.92, 1.0))


def scan(pictures: Sequence[Image.Image], quality: int = 80) -> bytes:
    """A PDF of pages that are pictures."""
    out = io.BytesIO()
    pictures[0].save(out, "PDF", save_all=True, append_images=list(pictures[1:]), quality=quality)
    return out.getvalue()
