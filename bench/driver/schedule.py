# SPDX-License-Identifier: Apache-2.0
"""Which points are measured, and how many rounds each gets, so that the whole run ends within its budget."""

import math
import time

FIXED_SECONDS = 0.1  # of one round, for each side that is measured: hand-overs and the least time of a sample


def round_seconds(point, ceilings, peers):
    """A guess from the ceilings; the run corrects its scale as it goes."""
    inference = ceilings[point + "/inf"]["ms"] / 1e3
    both = ceilings[point + "/fwbw"]["ms"] / 1e3
    seconds = FIXED_SECONDS + 1.2 * (inference + both)
    cell, dtype = point.split("/")[:2]
    if "onednn" in peers and cell != "slstm":
        seconds += FIXED_SECONDS + 1.6 * inference + (1.6 if dtype == "fp32" else 4) * both
    if "ort" in peers and cell in ("lstm", "gru") and dtype == "fp32":
        seconds += FIXED_SECONDS + 2 * inference
    return seconds


def noisy_points(rows, spread):
    """The points of a table with a row whose slowest round took over `spread` times as long as its fastest."""
    return {row["name"].rpartition("/")[0] for row in rows
            if row.get("ours_ms") and row["ours_max_ms"] > spread * row["ours_min_ms"]}


def set_up_rounds(guess):
    """What the data and the calls that are not measured cost, in rounds: long calls are not warmed up."""
    return 1.0 if guess < 2.0 else 0.2


class Schedule:
    """Cheap points get up to three times the rounds of dear ones; at least two, the dearest one."""

    def __init__(self, points, ceilings, peers, budget_seconds, max_rounds):
        self.guess = {point: round_seconds(point, ceilings, peers) for point in points}
        self.left = list(points)
        self.end = time.monotonic() + budget_seconds
        self.max_rounds = max_rounds
        self.guessed = 0.0
        self.spent = 0.0

    def scale(self):
        # The first points say little about the whole.
        return (self.spent + 20.0) / (self.guessed + 20.0)

    def rounds_at(self, point, level):
        weight = min(3.0, max(1.0, math.sqrt(1.0 / self.guess[point])))
        least = 1 if self.guess[point] > 10.0 else min(2, self.max_rounds)
        return max(least, min(self.max_rounds, int(level * weight)))

    def seconds_at(self, level):
        return self.scale() * sum(self.rounds_seconds(p, self.rounds_at(p, level)) for p in self.left)

    def rounds_seconds(self, point, rounds):
        return (rounds + set_up_rounds(self.guess[point])) * self.guess[point]

    def rounds(self, point):
        available = self.end - time.monotonic()
        low, high = 0.0, float(self.max_rounds)
        for _ in range(30):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if self.seconds_at(middle) <= available else (low, middle)
        # `low` itself may miss a whole number by a hair.
        return self.rounds_at(point, low + 1e-6)

    def done(self, point, rounds, seconds):
        self.left.remove(point)
        self.guessed += self.rounds_seconds(point, rounds)
        self.spent += seconds

    def seconds_left(self):
        return max(0.0, self.end - time.monotonic())
