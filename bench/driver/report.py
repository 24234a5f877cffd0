# SPDX-License-Identifier: Apache-2.0
"""The markdown table out of the run's JSON."""

import math

PEERS = (("onednn", "oneDNN"), ("ort", "ORT"))
TARGET_OF_CEILING = 0.85
INTRODUCTION = """\
# CPU benchmarks

Time for T = 256 steps, one head, of the CPU backend through the public C API. Made by `bench/run_cpu`; the raw figures
are in the JSON file beside this one.

- Ours takes Wx as input. The peers contain the input projection; it is measured apart in the same round, with the peer's
  own matrix product, and subtracted: for forward + backward the projection and the two products of its gradients. Their
  input has 32 features whatever D is: with D of them the projection would be as long as what is wanted, and a small error
  in it a large one in the difference.
- Each figure is the median over rounds in which ours and the peers take turns on the same machine; a ratio is the
  median of the rounds' own ratios, (peer - projection) / ours: above 1, ours is faster.
- Weights are packed once, before the timing, on every side. States start at zero; h is stored at every step. Backward
  gives the gradients of the inputs, weights and biases.
- Ceiling, forward: the operations of the recurrent product at the measured peak (fp32 multiply-adds, or bf16 dot
  products), or R read once a step, each thread its share, at the measured bandwidth of the level that the share fits
  in, whichever takes longer. Forward + backward: the same again for the walk back, and the operations of dR.
"""
SHORTFALL_TEXT = """\
The ceiling counts the recurrent products and the reading of R alone. 'Rest' is what the point takes beyond it, per step
and batch row; 'streams' is the part of the time that moving Wx, h and the gradients once would take at the measured
bandwidth, if nothing overlapped.
"""
SLOWER_TEXT = """\
A peer near or above 100 % of the ceiling owes part of it to the subtraction: its projection, measured apart, takes longer
than inside its own RNN, where the caches are warm from it.
"""
PASS_NAMES = {"inf": "forward (inf)", "fwbw": "forward + backward"}


def geometric_mean(values):
    return math.exp(sum(math.log(value) for value in values) / len(values)) if values else None


def milliseconds(value):
    if value is None:
        return "–"
    return f"{value:.3f}" if value < 10 else f"{value:.1f}" if value < 1000 else f"{value:.0f}"


def times(value):
    return "–" if value is None else f"{value:.2f}"


def percent(value):
    return "–" if value is None else f"{100 * value:.0f} %"


def present(rows, key):
    return [row[key] for row in rows if row.get(key) is not None]


def groups(rows):
    """Rows of one cell, dtype, thread count and pass, in the order of their first row."""
    found = {}
    for row in rows:
        found.setdefault((row["cell"], row["dtype"], row["threads"], row["pass"]), []).append(row)
    return found


def title(key):
    cell, dtype, threads, which = key
    return f"{cell} {dtype}, {threads} thread{'s' if threads > 1 else ''}, {PASS_NAMES[which]}"


def table(header, lines):
    yield "| " + " | ".join(header) + " |"
    yield "|" + "|".join("---" if i == 0 else "---:" for i in range(len(header))) + "|"
    for line in lines:
        yield "| " + " | ".join(line) + " |"
    yield ""


def run_lines(run):
    machine = run["machine"]
    yield f"- Date: {run['date']}; command: `{run['command']}`"
    yield f"- CPU: {machine['cpu']}; {machine['cores']} cores; {machine['caches']}"
    yield f"- System: {machine['system']}; compiler: {machine['compiler']}"
    libraries = "; ".join(f"{about.get('library', '?')}" + (f" ({about['isa']})" if about.get("isa") else "")
                          for about in run["libraries"].values())
    yield f"- Measured: {libraries}"
    for note in run["notes"]:
        yield f"- {note}"
    yield ""


def size_text(size):
    return f"{size // 1024} KB" if size < 1 << 20 else f"{size / (1 << 20):g} MB"


def peak_text(peak, spread):
    return f"{peak / 1e9:.0f} ({spread[0] / 1e9:.0f}–{spread[1] / 1e9:.0f})"


def ceiling_lines(run):
    machines = run["ceilings"]["machines"]
    threads = sorted(machines, key=int)
    header = ["measured ceiling"] + [f"{count} thread{'s' if count != '1' else ''}" for count in threads]
    lines = [["fp32 multiply-add, GFLOP/s (range over the probes)"] +
             [peak_text(machines[t]["fp32_peak"], machines[t]["fp32_spread"]) for t in threads],
             ["bf16 dot product, GFLOP/s"] +
             [f"{machines[t]['bf16_peak'] / 1e9:.0f}" if machines[t]["bf16_peak"] else "none" for t in threads]]
    for index, read in enumerate(machines[threads[0]]["reads"]):
        size = read["bytes_per_thread"]
        if size & (size - 1) == 0:
            lines.append([f"read, {size_text(size)} a thread, GB/s"] +
                         [f"{machines[t]['reads'][index]['rate'] / 1e9:.0f}" for t in threads])
    yield from table(header, lines)


def summary_lines(rows):
    header = ["group", "points", "vs oneDNN", "worst", "vs ORT", "worst", "of ceiling", "worst", "≥ 85 %"]
    lines = []
    everything = list(groups(rows).items()) + [(None, rows)]
    for key, group in everything:
        line = ["**all**" if key is None else title(key), str(len(group))]
        for peer, _ in PEERS:
            ratios = present(group, peer + "_ratio")
            line += [times(geometric_mean(ratios)), times(min(ratios, default=None))]
        reached = present(group, "of_ceiling")
        line += [percent(geometric_mean(reached)), percent(min(reached, default=None)),
                 f"{sum(value >= TARGET_OF_CEILING for value in reached)} of {len(reached)}"]
        lines.append(line)
    yield from table(header, lines)


def group_lines(key, rows):
    yield f"### {title(key)}"
    yield ""
    with_peer = {peer: any(peer + "_total_ms" in row for row in rows) for peer, _ in PEERS}
    header = ["B, D", "ours ms", "ceiling ms", "bound", "% of ceiling"]
    for peer, name in PEERS:
        if with_peer[peer]:
            header += [f"{name} total - projection, ms", "ratio"]
    lines = []
    for row in rows:
        line = [f"{row['B']}, {row['D']}", milliseconds(row.get("ours_ms")), milliseconds(row["ceiling_ms"]),
                row["bound"], percent(row.get("of_ceiling"))]
        for peer, _ in PEERS:
            if not with_peer[peer]:
                continue
            total, projection = row.get(peer + "_total_ms"), row.get(peer + "_projection_ms")
            net = "–" if total is None else \
                f"{milliseconds(total)} - {milliseconds(projection)} = {milliseconds(total - projection)}"
            line += [net, times(row.get(peer + "_ratio"))]
        lines.append(line)
    yield from table(header, lines)


def slower_lines(rows):
    slower = [(row, peer, name) for row in rows for peer, name in PEERS if (row.get(peer + "_ratio") or 1) < 1]
    yield f"## Points slower than a peer: {len(slower)}"
    yield ""
    if slower:
        yield SLOWER_TEXT
        slower.sort(key=lambda item: item[0][item[1] + "_ratio"])
        yield from table(["point", "peer", "ratio", "ours, % of ceiling", "peer, % of ceiling"],
                         [[f"`{row['name']}`", name, times(row[peer + "_ratio"]), percent(row["of_ceiling"]),
                           percent(row["ceiling_ms"] / (row[peer + "_total_ms"] - row[peer + "_projection_ms"]))]
                          for row, peer, name in slower])


def shortfall_lines(rows):
    short = sorted((row for row in rows if row.get("of_ceiling", 1) < TARGET_OF_CEILING),
                   key=lambda row: row["of_ceiling"])
    yield f"## Points below 85 % of the ceiling: {len(short)} of {len(rows)}"
    yield ""
    yield SHORTFALL_TEXT
    if short:
        yield from table(["point", "% of ceiling", "bound", "ours ms", "ceiling ms", "rest, ns", "streams"],
                         [[f"`{row['name']}`", percent(row["of_ceiling"]), row["bound"], milliseconds(row["ours_ms"]),
                           milliseconds(row["ceiling_ms"]),
                           f"{1e6 * (row['ours_ms'] - row['ceiling_ms']) / (row['T'] * row['B']):.0f}",
                           percent(row["stream_ms"] / row["ours_ms"])] for row in short])


def error_lines(rows):
    """One line for each message, with the points that gave it."""
    by_message = {}
    for row in rows:
        for series, message in row.get("errors", {}).items():
            by_message.setdefault((series.replace("_", " "), message), []).append(row["name"])
    if by_message:
        yield "## What did not run"
        yield ""
        for (series, message), names in by_message.items():
            yield f"- {series}: {message}: {len(names)} points, the first `{names[0]}`"
        yield ""


def markdown(data, plot_name, notes):
    rows = data["rows"]
    last = data["runs"][-1]
    lines = [INTRODUCTION, "## Machine and command", ""]
    for run in data["runs"]:
        lines += run_lines(run)
    lines += list(ceiling_lines(last))
    lines += ["## Summary", "", "Ratios and shares of the ceiling are geometric means.", ""]
    lines += list(summary_lines(rows))
    lines += [f"![Ratio to oneDNN and share of the ceiling]({plot_name})", ""]
    lines += list(slower_lines(rows))
    lines += list(shortfall_lines(rows))
    if notes:
        lines += [notes.strip(), ""]
    lines += list(error_lines(rows))
    lines += ["## All points", ""]
    for key, group in groups(rows).items():
        lines += list(group_lines(key, group))
    return "\n".join(lines).rstrip() + "\n"
