"""How a company or a person is reached: telephone, web domain and mail, cleaned to be stored and to be compared."""

import re
import unicodedata

PHONE_EXAMPLE = "13800138000、0512-65880000 转 801"
_KEPT = re.compile(r"[^0-9+]")
_EXTENSION = re.compile(r"(?:转|分机|ext\.?|x|#|,)\s*([0-9]{1,6})$", re.I)
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_CUT_OFF = re.compile(r"1[3-9][0-9]{0,8}")
_FIXED = re.compile(r"(?:0[0-9]{2,3})?[2-9][0-9]{6,7}")
_SERVICE = re.compile(r"(?:400|800)[0-9]{7}|95[0-9]{3,4}|1[0-2][0-9]{1,3}")  # 110, 12345, 10086
_ABROAD = re.compile(r"\+[0-9]{7,15}")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,24}|xn--[a-z0-9-]{2,59})")
_MAIL = re.compile(r"[a-z0-9._%+'-]{1,64}@([a-z0-9.-]{3,190})", re.I)


def clean_phone(text: str) -> str:
    """A number as one dials it: digits, an area code before a dash, 「转」 before an extension; ValueError else.

    The country's own +86 goes, another country's stays.
    """
    number, extension = _dialled(text)
    if _MOBILE.fullmatch(number) or _SERVICE.fullmatch(number) or _ABROAD.fullmatch(number):
        written = number
    elif _FIXED.fullmatch(number):
        area = (3 if number[1] in "12" else 4) if number.startswith("0") else 0
        if area and not 7 <= len(number) - area <= 8:
            raise ValueError(_no_phone(text))
        written = f"{number[:area]}-{number[area:]}" if area else number
    elif _CUT_OFF.fullmatch(number):
        short = 11 - len(number)
        raise ValueError(f"「{text.strip()[:30]}」像手机号，但少了 {short} 位。手机号要 11 位，例如 {PHONE_EXAMPLE}")
    else:
        raise ValueError(_no_phone(text))
    return f"{written} 转 {extension}" if extension else written


def phone_key(text: str) -> str:
    """What two spellings of one telephone have in common: the digits without +86 and extension; "" without any."""
    number, _ = _dialled(text)
    return number if len(number) >= 7 else ""


def _dialled(text: str) -> tuple[str, str]:
    folded = unicodedata.normalize("NFKC", text).strip()
    found = _EXTENSION.search(folded)
    extension = found[1] if found else ""
    number = _KEPT.sub("", folded[: found.start()] if found else folded)
    home = re.sub(r"^(?:\+86|0086|86(?=[0-9]{11}$))", "", number)
    if home != number and not home.startswith("0") and not _MOBILE.fullmatch(home) and len(home) >= 10:
        home = "0" + home  # an area code loses its 0 behind the country's
    return home, extension


def _no_phone(text: str) -> str:
    return f"「{text.strip()[:30]}」不像电话号码，请填手机或带区号的座机，例如 {PHONE_EXAMPLE}"


def clean_domain(text: str) -> str:
    """The bare host of a web address, without scheme, www, port and path; ValueError for what is none."""
    folded = unicodedata.normalize("NFKC", text).strip().casefold().replace("。", ".")
    host = re.sub(r"^[a-z]+:/*", "", folded)
    host = re.split(r"[/?#\s]", host, maxsplit=1)[0].rsplit("@", 1)[-1].split(":")[0].strip(".")
    host = re.sub(r"^www[0-9]?\.", "", host)
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        ascii_host = ""
    if len(ascii_host) > 128 or not _HOST.fullmatch(ascii_host):
        raise ValueError(f"「{text.strip()[:40]}」不像网址，请填公司网站的域名，例如 example.com")
    return ascii_host


def clean_email(text: str) -> str:
    """A mail address with its host in small letters; ValueError for what is none."""
    folded = "".join(unicodedata.normalize("NFKC", text).split())
    found = _MAIL.fullmatch(folded)
    if found is None or not _HOST.fullmatch(found[1].casefold()) or len(folded) > 128:
        raise ValueError(f"「{text.strip()[:40]}」不像邮箱，例如 zhang@example.com")
    name, _, host = folded.rpartition("@")
    return f"{name}@{host.casefold()}"
