"""The words of files that belong to a customer: which kinds are taken, what each is called and how it is served."""

from enum import StrEnum
from typing import Final

MOST_BYTES: Final = 20 * 1024 * 1024


class FileKind(StrEnum):
    """What a file is by its content. What is not here is not taken."""

    JPEG = "jpeg"
    PNG = "png"
    GIF = "gif"
    WEBP = "webp"
    BMP = "bmp"
    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    DOC = "doc"
    XLS = "xls"
    PPT = "ppt"
    TEXT = "text"
    ZIP = "zip"
    DWG = "dwg"
    DXF = "dxf"
    STEP = "step"
    MP4 = "mp4"
    MOV = "mov"


PICTURES: Final = frozenset({FileKind.JPEG, FileKind.PNG, FileKind.GIF, FileKind.WEBP, FileKind.BMP})

# The endings a name may keep; the first is put where the name has none of them.
ENDINGS: Final[dict[FileKind, tuple[str, ...]]] = {
    FileKind.JPEG: ("jpg", "jpeg"),
    FileKind.TEXT: ("txt", "csv"),
    FileKind.STEP: ("step", "stp"),
    **{kind: (kind.value,) for kind in FileKind if kind not in (FileKind.JPEG, FileKind.TEXT, FileKind.STEP)},
}

_OFFICE = "application/vnd.openxmlformats-officedocument."
MIME: Final[dict[FileKind, str]] = {
    FileKind.JPEG: "image/jpeg",
    FileKind.PNG: "image/png",
    FileKind.GIF: "image/gif",
    FileKind.WEBP: "image/webp",
    FileKind.BMP: "image/bmp",
    FileKind.PDF: "application/pdf",
    FileKind.DOCX: _OFFICE + "wordprocessingml.document",
    FileKind.XLSX: _OFFICE + "spreadsheetml.sheet",
    FileKind.PPTX: _OFFICE + "presentationml.presentation",
    FileKind.DOC: "application/msword",
    FileKind.XLS: "application/vnd.ms-excel",
    FileKind.PPT: "application/vnd.ms-powerpoint",
    FileKind.TEXT: "text/plain",
    FileKind.ZIP: "application/zip",
    FileKind.DWG: "image/vnd.dwg",
    FileKind.DXF: "image/vnd.dxf",
    FileKind.STEP: "model/step",
    FileKind.MP4: "video/mp4",
    FileKind.MOV: "video/quicktime",
}

LABELS: dict[StrEnum, str] = {
    FileKind.JPEG: "图片",
    FileKind.PNG: "图片",
    FileKind.GIF: "图片",
    FileKind.WEBP: "图片",
    FileKind.BMP: "图片",
    FileKind.PDF: "PDF",
    FileKind.DOCX: "Word 文档",
    FileKind.XLSX: "Excel 表格",
    FileKind.PPTX: "PPT 演示",
    FileKind.DOC: "Word 文档",
    FileKind.XLS: "Excel 表格",
    FileKind.PPT: "PPT 演示",
    FileKind.TEXT: "文本",
    FileKind.ZIP: "压缩包",
    FileKind.DWG: "CAD 图纸",
    FileKind.DXF: "CAD 图纸",
    FileKind.STEP: "三维图纸",
    FileKind.MP4: "视频",
    FileKind.MOV: "视频",
}
