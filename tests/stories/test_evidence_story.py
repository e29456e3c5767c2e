"""A rep asks what a deal lacks and sends a photo of it into the chat: fetched, judged, told, and the way is free."""

import base64
import re
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import requests

from config.vocabulary import FileKind
from models.deals import Evidence, StagePeriod
from tests.stories.house import House
from tests.support.company import rows
from tests.support.papers import paper, photo, picture_file, written

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def told(house: House, userid: str) -> list[str]:
    return [str(one["body"].get("content", "")) for one in house.inbox(userid) if one["from"] == "app"]


def test_a_photo_and_a_file_open_two_stages(house: House) -> None:
    house.open(START)
    house.say("liqiang", "/新建 宁波海蔚船舶配件有限公司")
    house.say("liqiang", "/商机 海蔚 冷却水泵 80万")
    assert "到「方案提交」还缺" in house.say("liqiang", "/推进 冷却水泵")
    shown = base64.b64encode(picture_file(Random(1), photo(Random(1)), FileKind.JPEG)[1]).decode()
    reply = house.act("media", userid="liqiang", msgtype="image", data=shown, name="纪要.jpg")["reply"]
    assert "正在取来" in str(reply)
    house.until(lambda: any("会议纪要收下" in one for one in told(house, "liqiang")), "word of the photo")
    assert "到「方案提交」了" in house.say("liqiang", "/推进 冷却水泵")
    links = re.findall(r"上传 (http://\S+)", house.say("liqiang", "/推进 冷却水泵"))
    assert len(links) == 2
    for number, link in enumerate(links):
        kind, data = written(Random(number), paper(Random(number)), FileKind.PDF)
        sent = requests.post(link, files={"file": (f"文件.{kind}", data)}, timeout=30)
        assert (sent.status_code, "已收下" in sent.text) == (200, True), sent.text
    assert "到「价格谈判」了" in house.say("liqiang", "/推进 冷却水泵")
    assert (len(rows(Evidence)), len(rows(StagePeriod))) == (3, 3)
    house.forward_to(START + timedelta(minutes=20))
    assert requests.get(links[0], timeout=30).status_code == 410
