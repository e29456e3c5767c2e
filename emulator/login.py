"""The pages where a person logs in: QR login for browsers and the authorize address for pages inside the client."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, render_template, request

from emulator.world import World, host_of

# Error number of the client → what the page tells the person.
REFUSED = {
    40013: "没有这个企业（corpid 不对）",
    301002: "应用的 agentid 不对",
    50001: "redirect_uri 与配置的授权回调域名不一致",
    40058: "缺少 redirect_uri，或它不是网址",
    60111: "没有这个成员",
}


def blueprint(world: World) -> Blueprint:
    """Old and new QR page and OAuth authorize; all issue one-time codes that live five minutes."""
    pages = Blueprint("login", __name__)

    @pages.get("/wwlogin/sso/login")
    @pages.get("/wwopen/sso/qrConnect")
    def qr() -> Response:
        """Stands for scanning with the phone: one picks who scans."""
        return _page(world, "web", "用企业微信扫码登录", request.args.get("appid"), request.args.get("agentid"))

    @pages.get("/connect/oauth2/authorize")
    def authorize() -> Response:
        """Silent in the real client, which knows its member; here one is picked, or named by `as`."""
        return _page(
            world, "oauth", "以谁的身份打开这个页面？", request.args.get("appid"), request.args.get("agentid") or None
        )

    return pages


def _page(world: World, kind: str, title: str, appid: str | None, agentid: str | None) -> Response:
    target = request.args.get("redirect_uri", "")
    if appid != world.tenant.corpid:
        return _refuse(40013)
    if agentid is not None and agentid != str(world.tenant.app.agentid):
        return _refuse(301002)
    host = host_of(target)
    if not host:
        return _refuse(40058)
    if host not in world.trusted_hosts:
        return _refuse(50001, host)
    chosen = request.args.get("as")
    if chosen is not None:
        return _enter(world, kind, target, chosen)
    with world.state.lock:
        members = [member for member in world.company.members() if member["status"] == 1]
        departments = {number: row["name"] for number, row in world.company.departments.items()}
        people = [dict(person) for person in world.outside.people()]
    query = [
        (key, value)
        for key, value in parse_qsl(request.query_string.decode("ascii", "replace"), keep_blank_values=True)
        if key != "as"
    ]
    link = f"{request.path}?{urlencode(query)}&as="
    return Response(
        render_template(
            "login.html",
            title=title,
            silent=kind == "oauth",
            corp=world.tenant.corp_name,
            app=world.tenant.app.name,
            host=host,
            members=members,
            departments=departments,
            people=people,
            link=link,
        )
    )


def _enter(world: World, kind: str, target: str, chosen: str) -> Response:
    """Back to the product with a code. `chosen`: a userid, or an external_userid for somebody outside."""
    with world.state.lock:
        member, person = world.company.member(chosen), world.outside.person(chosen)
        if member is not None:
            code = world.tokens.code(kind, {"userid": member["userid"]})
        elif person is not None:
            external = person["external_userid"]
            code = world.tokens.code(kind, {"openid": f"o{external[2:]}", "external_userid": external})
        else:
            return _refuse(60111)
    parts = urlsplit(target)
    query = [*parse_qsl(parts.query, keep_blank_values=True), ("code", code), ("state", request.args.get("state", ""))]
    if kind == "web":
        query.append(("appid", world.tenant.corpid))
    address = urlunsplit(parts._replace(query=urlencode(query)))
    return Response(status=302, headers={"Location": address})


def _refuse(code: int, detail: str = "") -> Response:
    return Response(render_template("refused.html", code=code, why=REFUSED[code], detail=detail))
