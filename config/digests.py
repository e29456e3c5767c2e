"""Words of the digest: what a sentence is about, where the talk came from, who wrote the sentences."""

from enum import StrEnum


class DigestKind(StrEnum):
    NEED = "need"
    PRODUCT = "product"
    QUANTITY = "quantity"
    PRICE = "price"
    DATE = "date"
    OBJECTION = "objection"
    PROMISE = "promise"  # of ours: becomes a to-do
    GIST = "gist"


class DigestOrigin(StrEnum):
    PASTED = "pasted"
    DICTATED = "dictated"
    ARCHIVE = "archive"
    ROBOT = "robot"


class DigestEngine(StrEnum):
    EXTRACTIVE = "extractive"  # ours, offline: sentences are the messages' own words
    MODEL = "model"  # the configured endpoint; what it could not prove is left out


LABELS: tuple[tuple[StrEnum, str], ...] = (
    (DigestKind.NEED, "需求"),
    (DigestKind.PRODUCT, "产品"),
    (DigestKind.QUANTITY, "数量"),
    (DigestKind.PRICE, "价格"),
    (DigestKind.DATE, "日期"),
    (DigestKind.OBJECTION, "顾虑"),
    (DigestKind.PROMISE, "承诺"),
    (DigestKind.GIST, "要点"),
    (DigestOrigin.PASTED, "粘贴的聊天"),
    (DigestOrigin.DICTATED, "口述"),
    (DigestOrigin.ARCHIVE, "会话存档"),
    (DigestOrigin.ROBOT, "智能机器人"),
    (DigestEngine.EXTRACTIVE, "本地摘录"),
    (DigestEngine.MODEL, "大模型"),
)
