// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flashrnn::bench {

/// One problem of the benchmark table. Its passes ("inf", "fwbw" ...) are measured on the same data.
struct Point {
  std::string cell;
  std::string dtype;  // "fp32", "bf16" or "fp16"
  int64_t batch = 1;
  int64_t time = 256;
  int64_t heads = 1;
  int64_t head_dim = 64;
  int threads = 1;

  bool operator==(const Point&) const = default;

  /// "lstm/fp32/B16/T256/N1/D256/t1": the benchmark's name without its pass.
  std::string name() const;
};

/// Gate counts of the table's cells, as include/flashrnn/flashrnn.h lists them.
struct CellCounts {
  int64_t input_gates;
  int64_t recurrent_gates;
  int64_t biases;
  int64_t states;
};

/// Throws std::invalid_argument for a cell that the benchmarks do not know.
CellCounts cell_counts(const std::string& cell);

/// Bytes of one element; throws std::invalid_argument for an unknown dtype.
int64_t dtype_bytes(const std::string& dtype);

/// Floating-point operations of R h over all steps: 2 B T Gr N D^2.
double recurrent_operations(const Point& point);

/// The table: every combination of the given cells with fp32 / bf16, the head dimensions, batches and thread counts.
std::vector<Point> table_points(const std::vector<std::string>& cells);

}  // namespace flashrnn::bench
