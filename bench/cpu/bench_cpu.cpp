// SPDX-License-Identifier: Apache-2.0
// The CPU backend over the public C API, as Google Benchmark programs are run: bench_cpu --benchmark_filter=lstm/fp32
#include "bench/common/harness.hpp"
#include "bench/cpu/flashrnn_session.hpp"

int main(int argc, char** argv) {
  using namespace flashrnn::bench;
  Program program;
  program.points = table_points({"lstm", "gru", "elman", "slstm"});
  program.passes = {"inf", "fwbw"};
  program.open = [](const Point& point) { return std::make_unique<FlashrnnSession>(point, SessionOptions{}); };
  program.about = {{"library", std::string("FlashRNN ") + flashrnn_version()}};
  flashrnn_device_info device = FLASHRNN_DEVICE_INFO_INIT;
  if (flashrnn_get_device(0, &device) == FLASHRNN_SUCCESS) {
    program.about.push_back({"isa", device.isa});
    program.about.push_back({"device", device.description});
  }
  return run_program(argc, argv, program);
}
