// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "bench/ceilings/ceiling.hpp"

namespace flashrnn::bench {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

/// 100 GFLOP/s fp32, 200 GFLOP/s bf16, 100 GB/s up to 1 MiB, 50 GB/s at 4 MiB and beyond.
Machine round_machine() {
  Machine machine;
  machine.fp32_peak = 100e9;
  machine.bf16_peak = 200e9;
  machine.reads = {{kMiB, 100e9}, {4 * kMiB, 50e9}};
  return machine;
}

Point lstm(const char* dtype, int64_t batch, int64_t head_dim) {
  return {.cell = "lstm", .dtype = dtype, .batch = batch, .time = 1000, .head_dim = head_dim};
}

TEST(ReadRate, IsInterpolatedBetweenSizesAndHeldOutside) {
  const Machine machine = round_machine();
  EXPECT_DOUBLE_EQ(machine.read_rate(1024), 100e9);
  EXPECT_DOUBLE_EQ(machine.read_rate(static_cast<double>(2 * kMiB)), 75e9);
  EXPECT_DOUBLE_EQ(machine.read_rate(static_cast<double>(64 * kMiB)), 50e9);
}

TEST(PointCeiling, ComputeBindsLargeBatches) {
  // 2 * 16 * 1000 * 4 * 256^2 operations
  const Ceiling fp32 = point_ceiling(round_machine(), lstm("fp32", 16, 256), "inf");
  EXPECT_NEAR(fp32.ms, 83.886, 1e-3);
  EXPECT_EQ(fp32.bound, "fp32 FMA");
  const Ceiling bf16 = point_ceiling(round_machine(), lstm("bf16", 16, 256), "inf");
  EXPECT_NEAR(bf16.ms, 41.943, 1e-3);
  EXPECT_EQ(bf16.bound, "bf16 dot");
  EXPECT_NEAR(point_ceiling(round_machine(), lstm("fp32", 16, 256), "fwbw").ms, 3 * fp32.ms, 1e-9);
}

TEST(PointCeiling, ReadingRBindsASingleRow) {
  // R is 4 * 512^2 * 4 bytes = 4 MiB, read 1000 times at 50 GB/s
  const Ceiling inference = point_ceiling(round_machine(), lstm("fp32", 1, 512), "inf");
  EXPECT_NEAR(inference.ms, 83.886, 1e-3);
  EXPECT_EQ(inference.bound.rfind("R from ", 0), 0u);
  // dR reads no R: it costs its operations, 2 * 1000 * 4 * 512^2 at 100 GFLOP/s
  const Ceiling both = point_ceiling(round_machine(), lstm("fp32", 1, 512), "fwbw");
  EXPECT_NEAR(both.ms, 2 * 83.886 + 20.972, 1e-3);
  EXPECT_NEAR(point_ceiling(round_machine(), lstm("fp32", 1, 512), "bw").ms, 83.886 + 20.972, 1e-3);
}

TEST(PointCeiling, ThreadsShareR) {
  Point point = lstm("fp32", 1, 512);
  point.threads = 4;  // each reads 1 MiB, which is fast
  EXPECT_NEAR(point_ceiling(round_machine(), point, "inf").ms, 41.943, 1e-3);
}

TEST(PointCeiling, WithoutBf16InstructionsFp32Binds) {
  Machine machine = round_machine();
  machine.bf16_peak = 0;
  const Ceiling ceiling = point_ceiling(machine, lstm("bf16", 16, 256), "inf");
  EXPECT_NEAR(ceiling.ms, 83.886, 1e-3);
  EXPECT_EQ(ceiling.bound, "fp32 FMA");
}

TEST(Probe, MeasuresPositiveRates) {
  const ProbeEffort effort{.repeats = 1, .seconds = 0.001};
  EXPECT_GT(measure_fp32_peak(2, effort), 1e8);
  EXPECT_GE(measure_bf16_peak(1, effort), 0.0);
  EXPECT_GT(measure_read(2, 16384, effort), 1e8);
}

TEST(Table, HasEveryPointOnce) {
  const std::vector<Point> points = table_points({"lstm", "gru", "elman", "slstm"});
  std::set<std::string> names;
  for (const Point& point : points) names.insert(point.name());
  EXPECT_EQ(points.size(), 4u * 2 * 2 * 3 * 6);
  EXPECT_EQ(names.size(), points.size());
  EXPECT_EQ(names.count("gru/bf16/B16/T256/N1/D768/t2"), 1u);
}

TEST(Table, RefusesUnknownNames) {
  EXPECT_THROW(cell_counts("lstmm"), std::invalid_argument);
  EXPECT_THROW(dtype_bytes("fp8"), std::invalid_argument);
}

}  // namespace
}  // namespace flashrnn::bench
