# SPDX-License-Identifier: Apache-2.0
"""Measures points in rounds in which ours and the peers take turns, and makes rows of the table out of them."""

import statistics

PASSES = ("inf", "fwbw")


def questions(point, which, workers):
    """(series, worker, benchmark name) in the order of one round."""
    cell, dtype = point.split("/")[:2]
    asked = [("ours", "ours", f"{point}/{which}")]
    if "onednn" in workers and cell != "slstm":
        asked += [("onednn_total", "onednn", f"{point}/{which}"),
                  ("onednn_projection", "onednn", f"{point}/proj_{which}")]
    if "ort" in workers and which == "inf" and cell in ("lstm", "gru") and dtype == "fp32":
        asked += [("ort_total", "ort", f"{point}/inf"), ("ort_projection", "ort", f"{point}/proj_inf")]
    return asked


def measure_point(point, workers, rounds, passes):
    """{pass: {"rounds": [{series: ms}], "errors": {series: text}}}"""
    measured = {which: {"rounds": [], "errors": {}} for which in passes}
    for index in range(rounds):
        for which in passes:
            entry = measured[which]
            asked = questions(point, which, workers)
            # Every other round runs backwards: nobody is always measured behind the same program.
            times = {}
            for series, worker, name in asked if index % 2 == 0 else reversed(asked):
                if series in entry["errors"]:
                    continue
                answer = workers[worker].ask(name)
                if "error" in answer:
                    entry["errors"][series] = answer["error"]
                else:
                    times[series] = answer["median_ms"]
            entry["rounds"].append(times)
    return measured


def median_of(rounds, series):
    values = [times[series] for times in rounds if series in times]
    return statistics.median(values) if values else None


def net_ratio(rounds, peer):
    """The median over the rounds of (the peer's total - its projection) / ours; None where it was not measured."""
    ratios = [(times[peer + "_total"] - times[peer + "_projection"]) / times["ours"] for times in rounds
              if {"ours", peer + "_total", peer + "_projection"} <= times.keys()]
    ratio = statistics.median(ratios) if ratios else None
    return ratio if ratio is not None and ratio > 0 else None


def make_row(point, which, entry):
    cell, dtype, batch, time, heads, head_dim, threads = point.split("/")
    rounds = entry["rounds"]
    row = {"name": f"{point}/{which}", "cell": cell, "dtype": dtype, "B": int(batch[1:]), "T": int(time[1:]),
           "N": int(heads[1:]), "D": int(head_dim[1:]), "threads": int(threads[1:]), "pass": which,
           "rounds": len(rounds)}
    ours = [times["ours"] for times in rounds if "ours" in times]
    if ours:
        row |= {"ours_ms": statistics.median(ours), "ours_min_ms": min(ours), "ours_max_ms": max(ours)}
    for peer in ("onednn", "ort"):
        total, projection = median_of(rounds, peer + "_total"), median_of(rounds, peer + "_projection")
        if total is not None and projection is not None:
            row |= {peer + "_total_ms": total, peer + "_projection_ms": projection,
                    peer + "_ratio": net_ratio(rounds, peer)}
    if entry["errors"]:
        row["errors"] = entry["errors"]
    return row


def add_ceilings(rows, probes):
    """Each row gets the median of the ceilings probed during the run."""
    for row in rows:
        found = [probe["points"][row["name"]] for probe in probes]
        row["ceiling_ms"] = statistics.median(ceiling["ms"] for ceiling in found)
        row["stream_ms"] = statistics.median(ceiling["stream_ms"] for ceiling in found)
        row["bound"] = found[0]["bound"]
        if "ours_ms" in row:
            row["of_ceiling"] = row["ceiling_ms"] / row["ours_ms"]


def merge_probes(probes):
    """Medians of the probed figures, and how far they spread, for the report."""
    merged = {}
    for threads in probes[0]["machines"]:
        machines = [probe["machines"][threads] for probe in probes]

        def middle(key):
            return statistics.median(machine[key] for machine in machines)

        merged[threads] = {
            "fp32_peak": middle("fp32_peak"),
            "fp32_spread": [min(m["fp32_peak"] for m in machines), max(m["fp32_peak"] for m in machines)],
            "bf16_peak": middle("bf16_peak"),
            "reads": [{"bytes_per_thread": reads[0]["bytes_per_thread"],
                       "rate": statistics.median(read["rate"] for read in reads)}
                      for reads in zip(*(machine["reads"] for machine in machines))],
        }
    return {"isa": probes[0]["isa"], "probes": len(probes), "machines": merged}
