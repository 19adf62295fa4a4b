"""Boston's requests of July to December 2011 and its 220 duplicate pairs, as the evaluation protocol asks.

Position, time and kind only, default positions left out of every linking; what holds the answer (duplicate
marks, closing words and times, status, targets) is never given to a method. Closing words judge afterwards.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from geo.clustering.neighbours import connected, near_pairs
from geo.clustering.positions import default_positions
from geo.clustering.rules import DAY_S
from geo.crs import projected_crs, to_metres

FOLDER: Final = Path(__file__).parents[2] / ".." / "shared" / "data" / "boston311"
REQUESTS: Final = "requests_2011h2.parquet"
ROAD_KINDS: Final = (
    "Bridge Maintenance",
    "Catchbasin",
    "Highway Maintenance",
    "Request for Pothole Repair",
    "Roadway Repair",
    "Sidewalk Cover / Manhole",
    "Sidewalk Repair",
    "Sidewalk Repair (Make Safe)",
)
"""Repairs of roads, sidewalks and drains, without those that the city's own patrols file in batches."""
TRIPLED: Final = 0.1
NAMED_CASE: Final = re.compile(r"(?<!\d)(?:101000)?((?:29|3[0-7])\d{4})(?!\d)")
"""A case of these months as closing words name it: its whole number, or the last six digits of it."""
HOUSE: Final = re.compile(r"^[\w-]*\d[\w-]*\s+")


@dataclass(frozen=True, eq=False)
class City:
    """The requests as columns, (n,) each, and the pairs as rows, (220, 2)."""

    x_m: np.ndarray
    y_m: np.ndarray
    time_s: np.ndarray
    kind: np.ndarray
    family: np.ndarray
    is_placed: np.ndarray
    is_road: np.ndarray
    pairs: np.ndarray

    def __len__(self) -> int:
        return len(self.x_m)


@lru_cache(maxsize=1)
def city() -> City:
    """Read the requests; families are the city's own departments' `reason`, kinds its `type`."""
    asked = ["case_id", "opened", "type", "reason", "address", "lat", "lon"]
    frame = pd.read_parquet(FOLDER / REQUESTS, columns=asked)
    marked = pd.read_csv(FOLDER / "duplicate_pairs_2011h2.csv", dtype={"case_id": str, "dup_of": str})
    row = pd.Series(np.arange(len(frame)), index=frame["case_id"])
    lon, lat = frame["lon"].to_numpy(), frame["lat"].to_numpy()
    x_m, y_m = to_metres(lon, lat, projected_crs(lon, lat))
    return City(
        x_m=x_m,
        y_m=y_m,
        time_s=frame["opened"].to_numpy().astype("datetime64[s]").astype(np.float64),
        kind=pd.factorize(frame["type"])[0],
        family=pd.factorize(frame["reason"].fillna(""))[0],
        is_placed=~default_positions(lon, lat, frame["address"].tolist()),
        is_road=frame["type"].isin(ROAD_KINDS).to_numpy(),
        pairs=np.column_stack([row[marked["case_id"]], row[marked["dup_of"]]]),
    )


@dataclass(frozen=True, eq=False)
class Texts:
    """What else was known when a request came, (n,) each: its address, and the streets that this names."""

    address: np.ndarray
    streets: np.ndarray


@lru_cache(maxsize=1)
def texts() -> Texts:
    """Read the addresses; "INTERSECTION Ida St & Ruth St" names two streets, "35 M St" one, "" none."""
    frame = pd.read_parquet(FOLDER / REQUESTS, columns=["address", "street"]).fillna("")
    streets = np.empty(len(frame), dtype=object)
    for row, said in enumerate(frame["street"].str.lower()):
        parts = (HOUSE.sub("", part.strip()) for part in said.replace("intersection", "").split("&"))
        streets[row] = frozenset(part for part in parts if part)
    return Texts(frame["address"].str.lower().str.strip().to_numpy(), streets)


def moved(sigma_m: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions with Gaussian noise for each request, tripled for one in ten."""
    here, dice = city(), np.random.default_rng(seed)
    each = np.where(dice.random(len(here)) < TRIPLED, 3.0, 1.0) * sigma_m
    return here.x_m + dice.normal(size=len(here)) * each, here.y_m + dice.normal(size=len(here)) * each


def groups(names: np.ndarray, among: np.ndarray) -> list[np.ndarray]:
    """Rows of each name that are marked, those with two or more."""
    rows = np.flatnonzero(among)
    rows = rows[np.argsort(names[rows], kind="stable")]
    found = np.split(rows, np.flatnonzero(np.diff(names[rows])) + 1)
    return [some for some in found if len(some) > 1]


def plain_labels(x_m: np.ndarray, y_m: np.ndarray, radius_m: float, among: np.ndarray) -> np.ndarray:
    """The plain rule: one kind, one radius, 30 days, components."""
    here = city()
    labels = np.arange(len(here))
    for rows in groups(here.kind, among):
        time_s = here.time_s[rows]
        labels[rows] = rows[connected(x_m[rows], y_m[rows], radius_m, time_s=time_s, window_s=30 * DAY_S)]
    return labels


def candidates(
    x_m: np.ndarray, y_m: np.ndarray, names: np.ndarray, reach_m: float, days: float
) -> np.ndarray:
    """All pairs of one name within a reach and so many days, default positions left out."""
    here = city()
    found = [
        rows[near_pairs(x_m[rows], y_m[rows], reach_m, time_s=here.time_s[rows], window_s=days * DAY_S)]
        for rows in groups(names, here.is_placed)
    ]
    return np.concatenate(found)


def load(labels: np.ndarray) -> float:
    """Decisions per 1,000 requests: members less one, summed."""
    return 1_000.0 * (len(labels) - len(np.unique(labels))) / len(labels)


def together(labels: np.ndarray) -> np.ndarray:
    """Which of the city's pairs are in one group, (220,) bool."""
    first, second = city().pairs.T
    return labels[first] == labels[second]


def is_marked(pairs: np.ndarray) -> np.ndarray:
    """Which pairs the city marked as duplicates."""
    return is_among(pairs, city().pairs)


def is_among(pairs: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which pairs are among others, whichever end comes first."""
    weights = [len(city()), 1]
    key, known = (np.sort(some, axis=1) @ weights for some in (pairs, others))
    return np.asarray(np.isin(key, known))


# ---------------------------------------------------------------- judged by closing words, and never fed


@dataclass(frozen=True, eq=False)
class Closings:
    """What the city wrote when it closed each request, (n,) each."""

    is_repeat: np.ndarray
    is_done: np.ndarray
    says_what: np.ndarray
    closed_s: np.ndarray


@lru_cache(maxsize=1)
def closings() -> Closings:
    """Read the closing words."""
    frame = pd.read_parquet(FOLDER / REQUESTS, columns=["closure_reason", "closed"])
    words = frame["closure_reason"].fillna("").str.lower()
    repeat = words.str.contains(
        r"dup|case exists already|same as\b|see ?crm|please follow case|refer to (?:cn|crm)"
    ).to_numpy()
    undone = words.str.contains(
        r"invalid|noted|referred to|jurisdiction|test|not found|unable|no longer|no action|internal case"
    ).to_numpy()
    closed = frame["closed"].to_numpy()
    closed_s = np.where(np.isnat(closed), np.nan, closed.astype("datetime64[s]").astype(np.float64))
    bare = words.str.replace(r"case closed|closed date : [\d\-:. ]+|case resolved|[\W\d_]+", "", regex=True)
    return Closings(
        is_repeat=repeat,
        is_done=~repeat & ~undone & ~np.isnat(closed),
        says_what=(bare.str.len() > 0).to_numpy(),
        closed_s=closed_s,
    )


@lru_cache(maxsize=1)
def named_pairs() -> np.ndarray:
    """Pairs of a request that was closed as a repeat and the one that its closing words name, (1595, 2) rows.

    The shared file of 220 pairs took whole numbers only; most of the city's clerks wrote the last six digits.
    """
    frame = pd.read_parquet(FOLDER / REQUESTS, columns=["case_id", "closure_reason"]).fillna("")
    row_of = dict(zip(frame["case_id"].astype(str), range(len(frame)), strict=True))
    found = set()
    for row in np.flatnonzero(closings().is_repeat).tolist():
        for digits in NAMED_CASE.findall(frame["closure_reason"].iloc[row]):
            other = row_of.get(f"101000{digits}", row)
            if other != row:
                found.add((min(row, other), max(row, other)))
    return np.array(sorted(found), dtype=np.int64)


def judged(pairs: np.ndarray, two_repairs_days: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Say of each pair whether closing words confirm it (one is a repeat), or contradict it, twice.

    Contradicted: both were closed as done, neither as a repeat, more than a day apart (or as many as said).
    Contradicted in words: moreover both say what was done; a mere "case resolved" says nothing.
    """
    said = closings()
    a, b = pairs.T
    right = said.is_repeat[a] | said.is_repeat[b]
    apart = np.abs(said.closed_s[a] - said.closed_s[b]) > two_repairs_days * DAY_S
    wrong = ~right & said.is_done[a] & said.is_done[b] & apart
    return right, wrong, wrong & said.says_what[a] & said.says_what[b]
