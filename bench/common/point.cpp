// SPDX-License-Identifier: Apache-2.0
#include "bench/common/point.hpp"

#include <stdexcept>

namespace flashrnn::bench {

std::string Point::name() const {
  return cell + "/" + dtype + "/B" + std::to_string(batch) + "/T" + std::to_string(time) + "/N" +
         std::to_string(heads) + "/D" + std::to_string(head_dim) + "/t" + std::to_string(threads);
}

CellCounts cell_counts(const std::string& cell) {
  if (cell == "lstm") return {4, 4, 4, 2};
  if (cell == "gru") return {3, 3, 4, 1};
  if (cell == "gru_reset_before") return {3, 3, 3, 1};
  if (cell == "elman" || cell == "elman_relu") return {1, 1, 1, 1};
  if (cell == "slstm") return {4, 4, 4, 4};
  throw std::invalid_argument("cell is '" + cell +
                              "'; the benchmarks know lstm, gru, gru_reset_before, elman, elman_relu and slstm");
}

int64_t dtype_bytes(const std::string& dtype) {
  if (dtype == "fp32") return 4;
  if (dtype == "bf16" || dtype == "fp16") return 2;
  throw std::invalid_argument("dtype is '" + dtype + "'; it has to be fp32, bf16 or fp16");
}

double recurrent_operations(const Point& point) {
  return 2.0 * static_cast<double>(point.batch * point.time) *
         static_cast<double>(cell_counts(point.cell).recurrent_gates * point.heads) *
         static_cast<double>(point.head_dim * point.head_dim);
}

std::vector<Point> table_points(const std::vector<std::string>& cells) {
  std::vector<Point> points;
  for (const std::string& cell : cells)
    for (const char* dtype : {"fp32", "bf16"})
      for (const int threads : {1, 2})
        for (const int64_t batch : {1, 16, 64})
          for (const int64_t head_dim : {64, 128, 256, 512, 768, 1024})
            points.push_back({.cell = cell, .dtype = dtype, .batch = batch, .head_dim = head_dim, .threads = threads});
  return points;
}

}  // namespace flashrnn::bench
