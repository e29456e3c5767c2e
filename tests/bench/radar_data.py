"""The real names and pairs that the radar is measured with and learns from. They stay where REAL_DATA_DIR says."""

import csv
import gzip
import os
import random
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

KINDS = ("ashare_short", "ashare_rename", "labelled_same", "brand_short")


@dataclass(frozen=True, slots=True)
class Pair:
    kind: str
    query: str
    true_name: str

    @property
    def held(self) -> bool:
        """Is it one of the quarter that nothing is learnt from? By the true name, so that no company is in both."""
        return zlib.crc32(self.true_name.encode()) % 4 == 0


def folder() -> Path:
    """Where the data is; ends the program, saying so, where there is none."""
    place = Path(os.environ.get("REAL_DATA_DIR", ""), "company")
    if "REAL_DATA_DIR" not in os.environ or not place.is_dir():
        sys.exit("skipped: REAL_DATA_DIR is not set, or has no company names")
    return place


def _table(name: str) -> Iterator[dict[str, str]]:
    with (folder() / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def pairs() -> list[Pair]:
    return [Pair(row["kind"], row["query"], row["true_name"]) for row in _table("pairs.csv")]


def registry() -> list[str]:
    """A million registered names."""
    with gzip.open(folder() / "registry_names_1m.txt.gz", "rt", encoding="utf-8") as file:
        return list(dict.fromkeys(line.strip() for line in file if line.strip()))


def different() -> list[tuple[str, str]]:
    """Different companies that look alike, both ways round, and those that were labelled different."""
    found = [
        (row["company_a"], row["company_b"])
        for name in ("hard_negatives_100k.csv", "hard_negatives_1000k.csv")
        for row in _table(name)
    ]
    labelled = [(row["a"], row["b"]) for row in _table("labelled_pairs.csv") if row["same"] == "0"]
    return [*found, *((b, a) for a, b in found), *labelled]


def hard_negatives(name: str) -> list[tuple[str, str]]:
    return [(row["company_a"], row["company_b"]) for row in _table(f"hard_negatives_{name}.csv")]


def sample(of: Sequence[str], many: int, seed: int) -> list[str]:
    return random.Random(seed).sample(of, many)
