"""Why a file proves nothing, in words for whoever wanted to prove something with it."""


class Unreadable(Exception):
    """The sentence says what is wrong with the file as evidence and what to do; it may still lie with a customer."""


LOCKED = "它设了打开密码，别人读不了。请取消密码，另存一份再上传"
CORRUPT = "它打不开，内容不完整或已损坏。请用原来的软件打开，另存一份再上传"
NO_WORDS = "它是空的，没有文字也没有图片。请检查是否选错了文件"
BOMB = "它解开以后大得不正常，为了安全没有读。请另存一份再上传"
TWO_THINGS = "它后面还藏着别的内容（压缩包、网页或程序），不能作凭证。请用原来的软件打开，另存一份再上传"
TOO_SMALL = "图片太小，看不清内容。请上传原图，或重新拍一张"
ONE_COLOUR = "图片几乎只有一种颜色，看不出内容。请重新拍一张清楚的"
BEFORE_2007 = "它是 2007 年以前的格式，系统读不了。请用 WPS 或 Office 打开，另存为 .docx/.xlsx/.pptx 或 PDF 再上传"
OTHER_KIND = "请用 Word、Excel、PPT、PDF、文本，或者清楚的照片"
TOO_HARD = "读它用的时间太长或内存太多。请另存一份，拆小一些再上传"
