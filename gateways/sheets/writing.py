"""Write an xlsx of strings alone: no formula, no link, no number that loses its zeros; one row in memory at a time."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import xlsxwriter

_LONGEST = 32_767
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
_WIDEST = 40


def write(path: Path, sheets: Iterable[tuple[str, Iterable[Sequence[str]]]], *, above: Sequence[str] = ()) -> None:
    """Put each sheet's rows (the first is the header) into a new file; `above` are lines of one cell before them.

    The file appears whole or not at all.
    """
    beside = path.with_name(path.name + ".part")
    book = xlsxwriter.Workbook(str(beside), {**_OPTIONS, "tmpdir": str(path.parent)})
    bold = book.add_format({"bold": True})
    text = book.add_format({"num_format": "@"})
    for title, rows in sheets:
        sheet = book.add_worksheet(title[:31])
        for number, line in enumerate(above):
            sheet.write_string(number, 0, line[:_LONGEST])
        for number, row in enumerate(rows, start=len(above)):
            header = number == len(above)
            for column, cell in enumerate(row):
                if header:
                    sheet.set_column(column, column, min(_WIDEST, 6 + 2 * len(cell)))
                sheet.write_string(number, column, str(cell)[:_LONGEST], bold if header else text)
    book.close()
    os.replace(beside, path)
