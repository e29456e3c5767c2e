"""The words of a visit's verdict: how it ends, what was noticed and how much that weighs, said without accusing."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """What the supervisor reads; the rep reads 「待补充说明」 for the last two."""

    VALID = "valid"
    DOUBTFUL = "doubtful"
    INVALID = "invalid"


class Question(StrEnum):
    """What a signal is about. Of the signals about one question only the heaviest counts: they are one oddness."""

    WHERE = "where"
    FIX = "fix"  # whether the coordinates look as a phone measures them
    WHEN = "when"
    DEVICE = "device"
    PHOTO = "photo"
    WECOM = "wecom"


class SignalCode(StrEnum):
    """What was noticed; which question it answers stands in QUESTIONS, how it is said in SENTENCES."""

    NO_FIX = "no_fix"
    FAR = "far"
    TRAVEL = "travel"
    NO_ACCURACY = "no_accuracy"
    COARSE = "coarse"
    FROZEN = "frozen"
    CENTRED = "centred"
    EXACT = "exact"
    DECIMALS = "decimals"
    COPIED = "copied"
    STALE = "stale"
    CLOCK = "clock"
    FUTURE = "future"
    ORDER = "order"
    NEW_DEVICE = "new_device"
    SHARED_DEVICE = "shared_device"
    PHOTO_AGAIN = "photo_again"
    PHOTO_TIME = "photo_time"
    PHOTO_PLACE = "photo_place"
    WECOM_ODD = "wecom_odd"
    WECOM_AGREES = "wecom_agrees"


class Grade(StrEnum):
    """How much a signal weighs, of a hundred."""

    HINT = "hint"
    WEAK = "weak"
    CLEAR = "clear"  # enough to ask the rep, never enough to refuse
    STRONG = "strong"
    FOR = "for"


# With the policy's thresholds a clear one makes a visit doubtful, and so do two weak ones; a strong and a clear one or
# three clear ones make it invalid. What speaks for a visit outweighs one of two weak ones, and no clear one.
WEIGHTS: Final[Mapping[Grade, int]] = {
    Grade.HINT: 10,
    Grade.WEAK: 18,
    Grade.CLEAR: 40,
    Grade.STRONG: 50,
    Grade.FOR: -8,
}

QUESTIONS: Final[Mapping[SignalCode, Question]] = {
    SignalCode.NO_FIX: Question.WHERE,
    SignalCode.FAR: Question.WHERE,
    SignalCode.TRAVEL: Question.WHERE,
    SignalCode.NO_ACCURACY: Question.FIX,
    SignalCode.COARSE: Question.FIX,
    SignalCode.FROZEN: Question.FIX,
    SignalCode.CENTRED: Question.FIX,
    SignalCode.EXACT: Question.FIX,
    SignalCode.DECIMALS: Question.FIX,
    SignalCode.COPIED: Question.FIX,
    SignalCode.STALE: Question.WHEN,
    SignalCode.CLOCK: Question.WHEN,
    SignalCode.FUTURE: Question.WHEN,
    SignalCode.ORDER: Question.WHEN,
    SignalCode.NEW_DEVICE: Question.DEVICE,
    SignalCode.SHARED_DEVICE: Question.DEVICE,
    SignalCode.PHOTO_AGAIN: Question.PHOTO,
    SignalCode.PHOTO_TIME: Question.PHOTO,
    SignalCode.PHOTO_PLACE: Question.PHOTO,
    SignalCode.WECOM_ODD: Question.WECOM,
    SignalCode.WECOM_AGREES: Question.WECOM,
}

# What was seen, never what was meant. {what} is filled in by the rule that saw it.
SENTENCES: Final[Mapping[SignalCode, str]] = {
    SignalCode.NO_FIX: "没有拜访当时的定位，请补充当时在哪里",
    SignalCode.FAR: "定位离客户{what}，请补充当时的情况",
    SignalCode.TRAVEL: "与另一次定位相距{what}，时间隔得很近，请补充行程",
    SignalCode.NO_ACCURACY: "手机没有给出定位精度",
    SignalCode.COARSE: "定位误差较大（{what}）",
    SignalCode.FROZEN: "定位与之前某次的坐标完全相同，请确认手机定位是否正常",
    SignalCode.CENTRED: "几次定位都几乎落在地图标注的同一点上，请补充到访情况",
    SignalCode.EXACT: "定位与地图标注的点完全重合，请补充到访情况",
    SignalCode.DECIMALS: "定位坐标的位数比手机通常给出的少，请重新定位或补充说明",
    SignalCode.COPIED: "定位与一位同事当天的坐标相同，如一起拜访请补充说明",
    SignalCode.STALE: "定位时间与拜访时间相差{what}，请补充说明",
    SignalCode.CLOCK: "手机时间与标准时间相差{what}，请打开自动校时",
    SignalCode.FUTURE: "定位时间晚于发送时间，请打开手机的自动校时",
    SignalCode.ORDER: "之后的拜访先到，这一条后到，请补充是否补传",
    SignalCode.NEW_DEVICE: "第一次用这台手机打卡",
    SignalCode.SHARED_DEVICE: "当天有同事用同一台手机打过卡，如借用手机请补充说明",
    SignalCode.PHOTO_AGAIN: "照片与另一次拜访的相同，请补一张这次的照片",
    SignalCode.PHOTO_TIME: "照片的拍摄时间与拜访相差{what}，请补充说明",
    SignalCode.PHOTO_PLACE: "照片的拍摄地点离定位{what}，请补充说明",
    SignalCode.WECOM_ODD: "企业微信外出打卡提示「{what}」",
    SignalCode.WECOM_AGREES: "与企业微信外出打卡相符",
}

LABELS: Final[tuple[tuple[StrEnum, str], ...]] = (
    (Verdict.VALID, "有效"),
    (Verdict.DOUBTFUL, "存疑"),
    (Verdict.INVALID, "无效"),
)
