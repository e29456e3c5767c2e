"""One message of every documented kind (platform reference, chapter 2), as WeCom writes it once it is decrypted."""

CORP, AGENT, REP = "wwdemo0000000001", 1000002, "rep0000"

_MESSAGES = {
    "text": "<Content><![CDATA[/跟进 宏远0000泵业 看了两台旧泵，下周谈价格]]></Content>",
    "image": "<PicUrl><![CDATA[http://x/1]]></PicUrl><MediaId><![CDATA[m1]]></MediaId>",
    "voice": "<MediaId><![CDATA[m2]]></MediaId><Format><![CDATA[amr]]></Format>",
    "video": "<MediaId><![CDATA[m3]]></MediaId><ThumbMediaId><![CDATA[t3]]></ThumbMediaId>",
    "location": "<Location_X>23.134</Location_X><Location_Y>113.358</Location_Y><Scale>20</Scale>"
    "<Label><![CDATA[广州市海珠区]]></Label>",
    "link": "<Title><![CDATA[标题]]></Title><Description><![CDATA[说明]]></Description><Url><![CDATA[http://x]]></Url>",
}
_TYPED: tuple[str, ...] = (
    "/帮助",
    "/客户",
    "/新建 华东泵业有限公司",
    "/关联 宏远",
    "/待办 明天 下午3点 送样品",
    "/商机 宏远 二期 80万",
)
_TYPED += ("/查重 华东泵业", "取消", "随便聊了两句价格", "1", "／跟进", "/更近 宏远 打错了字", "/genjin")
_APP_EVENTS = {
    "subscribe": "<EventKey><![CDATA[]]></EventKey>",
    "unsubscribe": "",
    "enter_agent": "<EventKey><![CDATA[]]></EventKey>",
    "LOCATION": "<Latitude>23.104</Latitude><Longitude>113.320</Longitude><Precision>65.000</Precision>",
    "click": "<EventKey><![CDATA[待办]]></EventKey>",
    "view": "<EventKey><![CDATA[http://x]]></EventKey>",
    "view_miniprogram": "<EventKey><![CDATA[pages/index]]></EventKey>",
    "scancode_push": "<EventKey><![CDATA[k]]></EventKey><ScanCodeInfo><ScanType><![CDATA[qrcode]]></ScanType>"
    "<ScanResult><![CDATA[1]]></ScanResult></ScanCodeInfo>",
    "pic_sysphoto": "<EventKey><![CDATA[k]]></EventKey><SendPicsInfo><Count>1</Count><PicList><item><PicMd5Sum>"
    "<![CDATA[ab]]></PicMd5Sum></item></PicList></SendPicsInfo>",
    "location_select": "<EventKey><![CDATA[打卡]]></EventKey><SendLocationInfo><Location_X><![CDATA[23]]></Location_X>"
    "<Location_Y><![CDATA[113]]></Location_Y><Scale><![CDATA[15]]></Scale><Label><![CDATA[楼]]></Label>"
    "<Poiname><![CDATA[]]></Poiname></SendLocationInfo>",
    "taskcard_click": "<EventKey><![CDATA[k]]></EventKey><TaskId><![CDATA[t]]></TaskId>",
    "template_card_event": "<EventKey><![CDATA[KEY]]></EventKey><TaskId><![CDATA[m1]]></TaskId><CardType>"
    "<![CDATA[button_interaction]]></CardType><ResponseCode><![CDATA[rc]]></ResponseCode><SelectedItems><SelectedItem>"
    "<QuestionKey><![CDATA[customer]]></QuestionKey><OptionIds><OptionId><![CDATA[1]]></OptionId></OptionIds>"
    "</SelectedItem></SelectedItems>",
    "template_card_menu_event": "<EventKey><![CDATA[k]]></EventKey><TaskId><![CDATA[m1]]></TaskId>",
    "batch_job_result": "<BatchJob><JobId><![CDATA[j]]></JobId><JobType><![CDATA[sync_user]]></JobType>"
    "<ErrCode>0</ErrCode><ErrMsg><![CDATA[ok]]></ErrMsg></BatchJob>",
    "upload_media_job_finish": "<JobId><![CDATA[j]]></JobId>",
    "switch_workbench_mode": "<Mode>1</Mode>",
    "close_inactive_agent": "",
    "share_agent_change": "",
    "msgaudit_notify": "",
    "kf_msg_or_event": "<Token><![CDATA[t]]></Token><OpenKfId><![CDATA[k]]></OpenKfId>",
    "change_app_admin": "",
}
_WHOM = "<UserID><![CDATA[rep0000]]></UserID><ExternalUserID><![CDATA[wmFuzz]]></ExternalUserID>"
_CORP_EVENTS: dict[tuple[str, str], str] = {
    ("change_external_contact", "add_external_contact"): _WHOM + "<State/><WelcomeCode><![CDATA[w]]></WelcomeCode>",
    ("change_external_contact", "add_half_external_contact"): _WHOM,
    ("change_external_contact", "edit_external_contact"): _WHOM,
    ("change_external_contact", "del_external_contact"): _WHOM + "<Source><![CDATA[DELETE_BY_TRANSFER]]></Source>",
    ("change_external_contact", "del_follow_user"): _WHOM,
    ("change_external_contact", "transfer_fail"): _WHOM + "<FailReason><![CDATA[customer_refused]]></FailReason>",
    ("change_external_contact", "msg_audit_approved"): _WHOM,
    ("change_contact", "create_user"): "<UserID><![CDATA[new]]></UserID><Name><![CDATA[新人]]></Name>"
    "<Department><![CDATA[1,2]]></Department><Status>1</Status><ExtAttr><Item><Name><![CDATA[a]]></Name><Type>0</Type>"
    "<Text><Value><![CDATA[v]]></Value></Text></Item></ExtAttr>",
    ("change_contact", "update_user"): "<UserID><![CDATA[old]]></UserID><NewUserID><![CDATA[new]]></NewUserID>",
    ("change_contact", "delete_user"): "<UserID><![CDATA[old]]></UserID>",
    ("change_contact", "create_party"): "<Id>2</Id><Name><![CDATA[组]]></Name><ParentId>1</ParentId><Order>1</Order>",
    ("change_contact", "update_party"): "<Id>2</Id><ParentId>1</ParentId>",
    ("change_contact", "delete_party"): "<Id>2</Id>",
    ("change_contact", "update_tag"): "<TagId>1</TagId><AddUserItems><![CDATA[a,b]]></AddUserItems>",
    ("change_external_chat", "update"): "<ChatId><![CDATA[wr]]></ChatId><UpdateDetail><![CDATA[add_member]]>"
    "</UpdateDetail><MemChangeCnt>1</MemChangeCnt><MemChangeList><Item>a</Item><Item>b</Item></MemChangeList>",
    ("change_external_tag", "create"): "<Id><![CDATA[t]]></Id><TagType><![CDATA[tag]]></TagType>",
    ("sys_approval_change", ""): "<ApprovalInfo><SpNo>202401010001</SpNo><SpStatus>2</SpStatus><Applyer><UserId>"
    "<![CDATA[rep0000]]></UserId></Applyer><SpRecord><SpStatus>2</SpStatus><Details><Approver><UserId><![CDATA[b]]>"
    "</UserId></Approver><SpStatus>2</SpStatus></Details></SpRecord><StatuChangeEvent>2</StatuChangeEvent>"
    "</ApprovalInfo>",
    ("open_approval_change", ""): "<ApprovalInfo><ThirdNo><![CDATA[n]]></ThirdNo><OpenSpStatus>1</OpenSpStatus>"
    "<ApprovalNodes><ApprovalNode><NodeStatus>1</NodeStatus></ApprovalNode></ApprovalNodes></ApprovalInfo>",
    ("customer_acquisition", "balance_low"): "",
}


def corpus(made_at: int, key: str) -> list[str]:
    """Every kind once, typed commands several times; `key` is the button of a card that hangs on the rep's phone."""
    texts = [f"<Content><![CDATA[{typed}]]></Content>" for typed in _TYPED]
    messages = [*_MESSAGES.items(), *(("text", text) for text in texts)]
    said = [
        _xml(REP, made_at, kind, inner + f"<MsgId>{n}</MsgId>", agent=True) for n, (kind, inner) in enumerate(messages)
    ]
    told = [
        _xml(REP, made_at, "event", f"<Event><![CDATA[{name}]]></Event>{inner.replace('KEY', key)}", agent=True)
        for name, inner in _APP_EVENTS.items()
    ]
    heard = [
        _xml("sys", made_at, "event", f"<Event><![CDATA[{name}]]></Event>{_change(change)}{inner}", agent=False)
        for (name, change), inner in _CORP_EVENTS.items()
    ]
    return [*said, *told, *heard]


def _change(name: str) -> str:
    return f"<ChangeType><![CDATA[{name}]]></ChangeType>" if name else ""


def _xml(sender: str, made_at: int, kind: str, inner: str, *, agent: bool) -> str:
    tail = f"<AgentID>{AGENT}</AgentID>" if agent else ""
    return (
        f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><FromUserName><![CDATA[{sender}]]></FromUserName>"
        f"<CreateTime>{made_at}</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>{inner}{tail}</xml>"
    )
