// SPDX-License-Identifier: Apache-2.0
// Prints, as JSON, what this machine can do at most with 1 and 2 threads, and the ceiling of every point of the table.
#include <algorithm>
#include <cstdio>
#include <thread>

#include "bench/ceilings/ceiling.hpp"

int main() {
  using namespace flashrnn::bench;
  std::printf("{\"isa\": \"%s\", \"cores\": %u, \"machines\": {", probe_isa().c_str(),
              std::thread::hardware_concurrency());
  std::vector<Machine> machines;
  for (const int threads : {1, 2}) {
    const Machine& machine = machines.emplace_back(measure_machine(threads));
    std::printf("%s\"%d\": {\"fp32_peak\": %.6g, \"bf16_peak\": %.6g, \"reads\": [", threads == 1 ? "" : ", ", threads,
                machine.fp32_peak, machine.bf16_peak);
    for (size_t i = 0; i < machine.reads.size(); ++i)
      std::printf("%s{\"bytes_per_thread\": %zu, \"rate\": %.6g}", i == 0 ? "" : ", ",
                  machine.reads[i].bytes_per_thread, machine.reads[i].rate);
    std::printf("]}");
  }
  std::printf("}, \"points\": {");
  bool first = true;
  for (const Point& point : table_points({"lstm", "gru", "elman", "slstm"})) {
    for (const char* pass : {"inf", "fwbw"}) {
      const Machine& machine = machines[static_cast<size_t>(point.threads - 1)];
      const Ceiling ceiling = point_ceiling(machine, point, pass);
      std::printf(
          "%s\n\"%s/%s\": {\"ms\": %.6g, \"bound\": \"%s\", \"compute_ms\": %.6g, \"read_ms\": %.6g, "
          "\"stream_ms\": %.6g}",
          first ? "" : ",", point.name().c_str(), pass, ceiling.ms, ceiling.bound.c_str(), ceiling.compute_ms,
          ceiling.read_ms, stream_ms(machine, point, pass));
      first = false;
    }
  }
  std::printf("}}\n");
}
