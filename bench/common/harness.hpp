// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/common/point.hpp"

namespace flashrnn::bench {

/// What is measured at one point: holds the data of all its passes.
class Session {
 public:
  virtual ~Session() = default;
  /// The call to time. Prepares what the pass needs; throws std::exception with the reason where it cannot run.
  virtual std::function<void()> prepare(const std::string& pass) = 0;
};

/// A Google Benchmark program: names "<point>/<pass>", one sample an iteration, the median as counter `median_ms`.
struct Program {
  std::vector<Point> points;
  std::vector<std::string> passes;
  std::function<std::unique_ptr<Session>(const Point&)> open;
  /// Lines "key": "value" about the measured library, for the driver and for the report's context.
  std::vector<std::pair<std::string, std::string>> about;
};

/**
 * Runs the program as Google Benchmark would; with `--serve` as the first argument it stays and answers the driver:
 * each line on standard input is a benchmark's name, each answer one line of JSON. A driver can so take turns between
 * programs within milliseconds, while each keeps its data. Only the last point's data are kept.
 */
int run_program(int argc, char** argv, const Program& program);

}  // namespace flashrnn::bench
