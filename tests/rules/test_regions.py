"""Addresses as people write them say province, city and district, or nothing."""

import csv
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from crm.rules.regions import Region, region_of, short_region

REAL_DATA = os.environ.get("REAL_DATA_DIR", "")


@pytest.mark.parametrize(
    ("address", "province", "city", "district", "short"),
    [
        ("江苏省苏州市昆山市玉山镇前进中路1号", "江苏省", "苏州市", "昆山市", "江苏苏州"),
        ("江苏省昆山市玉山镇", "江苏省", "苏州市", "昆山市", "江苏苏州"),
        ("昆山玉山镇", "江苏省", "苏州市", "昆山市", "江苏苏州"),
        ("江苏 / 苏州", "江苏省", "苏州市", "", "江苏苏州"),
        ("苏州工业园区星湖街328号", "江苏省", "苏州市", "", "江苏苏州"),
        ("深圳南山科技园", "广东省", "深圳市", "南山区", "广东深圳"),
        ("上海市上海市浦东新区张江路", "上海市", "上海市", "浦东新区", "上海"),
        ("北京市市辖区朝阳区望京", "北京市", "北京市", "朝阳区", "北京"),
        ("上海南京西路1号", "上海市", "上海市", "", "上海"),
        ("中国（上海）自由贸易试验区世纪大道", "上海市", "上海市", "", "上海"),
        ("中国(四川)自由贸易试验区成都市双流区", "四川省", "成都市", "双流区", "四川成都"),
        ("注册地址：215000 江苏吴江市", "江苏省", "苏州市", "吴江区", "江苏苏州"),
        ("吉林市昌邑区", "吉林省", "吉林市", "昌邑区", "吉林"),
        ("新疆昌吉州阜康市", "新疆维吾尔自治区", "昌吉回族自治州", "阜康市", "新疆昌吉"),
        ("新疆伊犁哈萨克自治州伊宁县", "新疆维吾尔自治区", "伊犁哈萨克自治州", "伊宁县", "新疆伊犁"),
        ("青海省互助县威远镇", "青海省", "海东市", "互助土族自治县", "青海海东"),
        ("河南蒙古族自治县", "青海省", "黄南藏族自治州", "河南蒙古族自治县", "青海黄南"),
        ("内蒙古自治区鄂托克旗", "内蒙古自治区", "鄂尔多斯市", "鄂托克旗", "内蒙古鄂尔多斯"),
        ("河南省济源市承留镇", "河南省", "", "济源市", "河南济源"),
        ("江苏省鼓楼区", "江苏省", "", "", "江苏"),  # two cities of the province have one
        ("香港九龙", "香港特别行政区", "", "", "香港"),
    ],
)
def test_the_levels_above_are_filled_in(address: str, province: str, city: str, district: str, short: str) -> None:
    assert region_of(address) == Region(province, city, district)
    assert short_region(address) == short


@pytest.mark.parametrize("address", ["", "朝阳区望京", "南京路100号", "中山大道5号", "中国", "Suzhou", "215000", "省"])
def test_what_is_not_certain_is_nothing(address: str) -> None:
    assert region_of(address) is None
    assert short_region(address) == ""


@given(st.text(alphabet="中国江苏省州市县区北京朝阳自治吉林南山路街1 /（）", max_size=30))
def test_any_words_end_in_a_region_or_in_none(address: str) -> None:
    found = region_of(address)
    assert found is None or (found.province and short_region(address) == found.short)


@pytest.mark.skipif(not REAL_DATA, reason="skipped: REAL_DATA_DIR not set")
def test_every_district_of_another_table_is_found_under_its_city() -> None:
    """Zones that the other table lists beside the districts are none; names that have changed since are few."""
    geo = Path(REAL_DATA) / "geo"
    rows = {name: _table(geo / f"modood_{name}.csv") for name in ("provinces", "cities", "areas")}
    provinces, cities = ({row["code"]: row["name"] for row in rows[name]} for name in ("provinces", "cities"))
    asked = right = 0
    for row in rows["areas"]:
        province, city, area = provinces[row["provinceCode"]], cities[row["cityCode"]], row["name"]
        if re.search("开发区|新区|园区|管理区|示范区|试验区|实验区|管委会|新城", area) or city == "县":
            continue
        found = region_of(f"{province}{city}{area}人民路1号")
        real_city = city not in ("市辖区", "省直辖县级行政区划", "自治区直辖县级行政区划")
        asked += 1
        right += (
            found is not None
            and (found.province, found.district) == (province, area)
            and (not real_city or found.city == city)
        )
    assert asked > 2800
    assert right / asked > 0.99


def _table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


@pytest.mark.skipif(not REAL_DATA, reason="skipped: REAL_DATA_DIR not set")
def test_registered_addresses_of_listed_companies_are_read_right() -> None:
    book = CalamineWorkbook.from_path(Path(REAL_DATA) / "import_samples/szse_a_share_list_2026-01.xlsx")
    head, *rows = book.get_sheet_by_index(0).to_python()
    names = ["".join(str(one).split()) for one in head]
    at, province, city = (names.index(name) for name in ("注册地址", "省份", "城市"))
    no_city = wrong = 0
    for row in rows:
        found = region_of(str(row[at]))
        assert found is not None
        assert found.province.startswith(str(row[province])), row[at]
        if "直辖" in str(row[city]):
            continue
        no_city += not found.city
        wrong += found.city not in ("", str(row[city]))
    assert len(rows) > 2800
    assert no_city / len(rows) < 0.005
    assert wrong / len(rows) < 0.001
