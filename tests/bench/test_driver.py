#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The arithmetic and the texts of bench/run_cpu, without measuring anything."""

import sys
import unittest
import xml.dom.minidom
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from driver import measure, plot, report  # noqa: E402
from driver.schedule import Schedule, noisy_points  # noqa: E402
from driver.workers import Worker  # noqa: E402

POINT = "lstm/fp32/B16/T256/N1/D256/t1"


class FakeWorker:
    """Answers from a list and remembers what it was asked."""

    def __init__(self, log, times):
        self.log, self.times = log, times

    def ask(self, name):
        self.log.append(name)
        value = self.times[name.rpartition("/")[2]]
        return {"error": "refused"} if value is None else {"median_ms": value, "min_ms": value, "samples": 1}


def fake_workers(log):
    return {"ours": FakeWorker(log, {"inf": 10.0, "fwbw": 30.0}),
            "onednn": FakeWorker(log, {"inf": 25.0, "proj_inf": 5.0, "fwbw": None, "proj_fwbw": 15.0}),
            "ort": FakeWorker(log, {"inf": 14.0, "proj_inf": 6.0})}


def rows():
    entries = measure.measure_point(POINT, fake_workers([]), 3, measure.PASSES)
    made = [measure.make_row(POINT, which, entry) for which, entry in entries.items()]
    ceilings = {f"{POINT}/inf": {"ms": 9.0, "bound": "fp32 FMA", "stream_ms": 1.0},
                f"{POINT}/fwbw": {"ms": 24.0, "bound": "fp32 FMA", "stream_ms": 3.0}}
    measure.add_ceilings(made, [{"points": ceilings}])
    return made


class Measure(unittest.TestCase):
    def test_peers_take_turns_and_change_the_order(self):
        log = []
        measure.measure_point(POINT, fake_workers(log), 2, ("inf",))
        self.assertEqual([name.rpartition("/")[2] for name in log],
                         ["inf", "inf", "proj_inf", "inf", "proj_inf"] + ["proj_inf", "inf", "proj_inf", "inf", "inf"])

    def test_row_subtracts_the_projection(self):
        inference = rows()[0]
        self.assertEqual(inference["ours_ms"], 10.0)
        self.assertEqual(inference["onednn_ratio"], 2.0)
        self.assertEqual(inference["ort_ratio"], 0.8)
        self.assertEqual(inference["of_ceiling"], 0.9)
        self.assertEqual((inference["B"], inference["D"], inference["threads"]), (16, 256, 1))

    def test_a_refusing_peer_is_noted_and_not_asked_again(self):
        log = []
        entries = measure.measure_point(POINT, fake_workers(log), 3, ("fwbw",))
        row = measure.make_row(POINT, "fwbw", entries["fwbw"])
        self.assertEqual(row["errors"], {"onednn_total": "refused"})
        self.assertNotIn("onednn_ratio", row)
        self.assertEqual(log.count(f"{POINT}/fwbw"), 3 + 1)

    def test_ratio_is_the_median_of_the_rounds_ratios(self):
        rounds = [{"ours": 1.0, "onednn_total": 3.0, "onednn_projection": 1.0},
                  {"ours": 4.0, "onednn_total": 13.0, "onednn_projection": 1.0},
                  {"ours": 1.0, "onednn_total": 11.0, "onednn_projection": 1.0}]
        self.assertEqual(measure.net_ratio(rounds, "onednn"), 3.0)
        self.assertIsNone(measure.net_ratio(rounds, "ort"))


class ScheduleRounds(unittest.TestCase):
    def setUp(self):
        self.small, self.large = "elman/fp32/B1/T256/N1/D64/t1", "lstm/fp32/B64/T256/N1/D1024/t1"
        self.ceilings = {f"{self.small}/inf": {"ms": 0.1}, f"{self.small}/fwbw": {"ms": 0.3},
                         f"{self.large}/inf": {"ms": 1200.0}, f"{self.large}/fwbw": {"ms": 3600.0}}

    def make(self, budget):
        return Schedule([self.small, self.large], self.ceilings, {"onednn", "ort"}, budget, 9)

    def test_cheap_points_get_more_rounds(self):
        schedule = self.make(60)
        self.assertGreater(schedule.rounds(self.small), schedule.rounds(self.large))

    def test_budget_bounds_the_rounds(self):
        self.assertEqual(self.make(0).rounds(self.small), 2)
        self.assertEqual(self.make(0).rounds(self.large), 1)
        self.assertEqual(self.make(10000).rounds(self.large), 9)

    def test_slower_than_guessed_means_fewer_rounds_later(self):
        schedule = self.make(120)
        before = schedule.rounds(self.large)
        schedule.done(self.small, 9, 300)
        self.assertLess(schedule.rounds(self.large), before)


class NoisyPoints(unittest.TestCase):
    def test_the_spread_decides_and_the_outcome_does_not(self):
        def row(name, low, high, ratio):
            return {"name": name, "ours_ms": low, "ours_min_ms": low, "ours_max_ms": high, "onednn_ratio": ratio}
        table = [row("steady/inf", 10.0, 12.0, 0.5), row("steady/fwbw", 20.0, 25.0, 2.0),
                 row("slow/inf", 10.0, 14.0, 0.5), row("quick/inf", 10.0, 11.0, 3.0), row("quick/fwbw", 10.0, 31.0, 3.0),
                 {"name": "refused/inf", "ours_ms": None}]
        self.assertEqual(noisy_points(table, 1.3), {"slow", "quick"})
        self.assertEqual(noisy_points(table, 4.0), set())


class Texts(unittest.TestCase):
    def data(self):
        ceilings = {"machines": {"1": {"fp32_peak": 1e11, "fp32_spread": [9e10, 1.1e11], "bf16_peak": 0,
                                       "reads": [{"bytes_per_thread": 8192, "rate": 2e11}]}}}
        run = {"date": "2026-01-01", "command": "bench/run_cpu",
               "machine": {"cpu": "x", "cores": 2, "caches": "L1 32K", "system": "y", "compiler": "z"},
               "libraries": {"ours": {"library": "FlashRNN"}}, "notes": [], "ceilings": ceilings}
        return {"runs": [run], "rows": rows()}

    def test_markdown_names_what_falls_short(self):
        text = report.markdown(self.data(), "cpu.svg", "A note by hand.")
        self.assertIn("## Points below 85 % of the ceiling: 1 of 2", text)
        self.assertIn("## Points slower than a peer: 1", text)
        self.assertIn("25.0 - 5.000 = 20.0 | 2.00", text)
        self.assertIn("onednn total: refused: 1 points", text)
        self.assertIn("A note by hand.", text)

    def test_geometric_mean(self):
        self.assertAlmostEqual(report.geometric_mean([1.0, 4.0]), 2.0)
        self.assertIsNone(report.geometric_mean([]))

    def test_plot_is_well_formed(self):
        document = xml.dom.minidom.parseString(plot.svg(rows()))
        circles = document.getElementsByTagName("circle")
        self.assertEqual(len(circles), 3 + len(plot.COLOURS))  # one ratio, two shares of the ceiling, the legend


class Workers(unittest.TestCase):
    SCRIPT = "import sys\nprint('{\"library\": \"echo\"}', flush=True)\n" \
             "for line in sys.stdin:\n" \
             "    if line == 'die\\n': sys.exit(1)\n" \
             "    print('{\"median_ms\": 1}', flush=True)\n"

    def test_a_program_that_ends_is_an_error_and_starts_again(self):
        worker = Worker([sys.executable, "-c", self.SCRIPT])
        self.assertEqual(worker.about, {"library": "echo"})
        self.assertEqual(worker.ask("a"), {"median_ms": 1})
        self.assertEqual(worker.ask("die"), {"error": "the program ended"})
        self.assertEqual(worker.ask("a"), {"median_ms": 1})
        worker.stop()


if __name__ == "__main__":
    unittest.main()
