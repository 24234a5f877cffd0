// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "fake_device.hpp"
#include "verify/verify.hpp"

/// The checks themselves: a device that computes well passes everything, and every fault is found.
namespace flashrnn::verify {
namespace {

Case table_case(const std::string& name) {
  for (const Case& test : conformance_table()) {
    if (test.name == name) return test;
  }
  ADD_FAILURE() << "the table has no case " << name;
  return {};
}

std::string report(const CaseResult& result) {
  return result.name + ": " + result.message + " (" + std::to_string(result.error_in_allowed_units) + " allowed units)";
}

TEST(Harness, AGoodDevicePassesTheTable) {
  FakeDevice device;
  const std::vector<CaseResult> results = run_cases(device, conformance_table(), {});
  for (const CaseResult& result : results) EXPECT_TRUE(result.ok) << report(result);
  EXPECT_EQ(device.plans_alive(), 0);
}

TEST(Harness, AGoodDevicePassesTheSweep) {
  FakeDevice device;
  for (std::uint64_t index = 0; index < 500; ++index) {
    const CaseResult result = run_case(device, sweep_case(99, index));
    EXPECT_TRUE(result.ok) << report(result);
  }
  EXPECT_EQ(device.plans_alive(), 0);
}

TEST(Harness, AGoodDevicePassesTheGoldenCases) {
  FakeDevice device;
  for (const auto& folder : list_golden(FLASHRNN_GOLDEN_DIR)) {
    for (const flashrnn_dtype dtype : {FLASHRNN_F32, FLASHRNN_BF16, FLASHRNN_F16}) {
      const CaseResult result = run_golden_case(device, read_golden(folder), dtype);
      EXPECT_TRUE(result.ok) << dtype_name(dtype) << " " << report(result);
    }
  }
}

struct Expectation {
  Fault fault;
  const char* test;     ///< a case of the table that must fail
  const char* message;  ///< what its message must contain
};

TEST(Harness, EveryFaultIsFound) {
  const std::vector<Expectation> expectations = {
      {Fault::kFailedCall, "lstm/fp32/B1_T1_N1_D1", "plan_create failed"},
      {Fault::kUnwrittenElement, "lstm/fp32/B1_T1_N1_D1", "was not written"},
      {Fault::kUnwrittenElement, "gru/bf16/time_major", "was not written"},
      {Fault::kWriteBehindBuffer, "lstm/fp32/B1_T1_N1_D1", "dWx: memory behind the buffer"},
      {Fault::kWriteBetweenRows, "elman/fp16/padded_strides", "states: memory between"},
      {Fault::kChangedInput, "lstm/fp32/B1_T1_N1_D1", "Wx: an input was written"},
      {Fault::kChangedReserve, "lstm/fp32/B1_T1_N1_D1", "backward changed it"},
      {Fault::kChangedByRepetition, "lstm/fp32/B3_T4_N2_D7", "other bits"},
      {Fault::kSmallForwardError, "gru/fp32/B3_T4_N2_D7", "states.h: error 2e-05, allowed 1e-05"},
      {Fault::kSmallGradientError, "gru/fp32/B3_T4_N2_D7", "dR: error 2e-05, allowed 1e-05"},
      {Fault::kTruncation, "elman/bf16/ties", "it must be exactly"},
      {Fault::kTruncation, "elman_relu/fp16/ties", "it must be exactly"},
      {Fault::kSwappedGates, "lstm/bf16/B3_T4_N2_D7", "dR"},
      {Fault::kSwappedGates, "slstm/fp16/B3_T4_N2_D7", "dR"},
      {Fault::kSmallGradientError, "gru/fp32/integers", "it must be exactly"},
      {Fault::kIgnoredReset, "elman/bf16/resets", ""},
      {Fault::kIgnoredReset, "gru/fp16/steps_resets_reverse_packed_weights", ""},
      {Fault::kIgnoredLengths, "elman_relu/bf16/lengths", ""},
      {Fault::kIgnoredDirection, "gru_reset_before/bf16/reverse", ""},
      {Fault::kIgnoredForwardClip, "lstm/bf16/forward_clip", ""},
      {Fault::kIgnoredGradientClip, "slstm/bf16/gradient_clip", ""},
      {Fault::kIgnoredCut, "gru/bf16/gradient_cut", ""},
      {Fault::kIgnoredBias, "gru/bf16/packed_weights", ""},
      {Fault::kIgnoredFinalGradient, "lstm/bf16/no_sequence", ""},
      {Fault::kOverwrittenAccumulation, "lstm/bf16/accumulate", "d"},
      {Fault::kLostNaN, "lstm/fp32/nan", "the reference has nan"},
      {Fault::kSpreadNaN, "lstm/fp32/nan_lengths_resets", "is nan"},
  };
  std::set<Fault> tested;
  for (const Expectation& expected : expectations) {
    tested.insert(expected.fault);
#ifdef FLASHRNN_SANITIZE_ADDRESS
    if (expected.fault == Fault::kWriteBehindBuffer) continue;  // the sanitizer ends the program, as it should
#endif
    FakeDevice device(expected.fault);
    const CaseResult result = run_case(device, table_case(expected.test));
    EXPECT_FALSE(result.ok) << expected.test << " does not find fault " << static_cast<int>(expected.fault);
    EXPECT_GT(result.error_in_allowed_units, 1.0) << expected.test;
    EXPECT_NE(result.message.find(expected.message), std::string::npos) << report(result);
    EXPECT_EQ(device.plans_alive(), 0);
  }
  EXPECT_EQ(tested.size(), static_cast<std::size_t>(Fault::kSpreadNaN)) << "a fault is not tested";
}

/// As a GPU's: other addresses than the host's, and what is copied counts.
class FarMemory final : public memory::MemorySpace {
 public:
  [[nodiscard]] bool is_host() const override { return false; }
  void* allocate(std::size_t bytes) override { return host_->allocate(bytes); }
  void release(void* data) noexcept override { host_->release(data); }
  void copy_in(void* to, const void* from, std::size_t bytes) override { host_->copy_in(to, from, bytes); }
  void copy_out(void* to, const void* from, std::size_t bytes) override { host_->copy_out(to, from, bytes); }
  void wait() override {}
  double milliseconds_of(const std::function<void()>& call) override { return host_->milliseconds_of(call); }

 private:
  std::unique_ptr<memory::MemorySpace> host_ = memory::host_memory();
};

TEST(FarMemory, AGoodDevicePasses) {
  FakeDevice device(Fault::kNone, std::make_unique<FarMemory>());
  for (const char* what : {"B3_T4_N2_D7", "lengths_resets_reverse", "packed_resets_padded_recompute", "everything",
                           "steps_resets_reverse_packed_weights", "alias_final", "misaligned", "last_state"}) {
    const CaseResult result = run_case(device, table_case(std::string("gru/bf16/") + what));
    EXPECT_TRUE(result.ok) << report(result);
  }
}

TEST(FarMemory, FaultsAreFound) {
  const std::vector<Expectation> expectations = {
      {Fault::kUnwrittenElement, "gru/bf16/time_major", "was not written"},
      {Fault::kWriteBehindBuffer, "lstm/fp32/B1_T1_N1_D1", "dWx: memory behind the buffer"},
      {Fault::kWriteBetweenRows, "elman/fp16/padded_strides", "states: memory between"},
      {Fault::kChangedInput, "lstm/fp32/B1_T1_N1_D1", "Wx: an input was written"},
      {Fault::kChangedReserve, "lstm/fp32/B1_T1_N1_D1", "backward changed it"},
      {Fault::kIgnoredLengths, "elman_relu/bf16/lengths", ""},
      {Fault::kSmallGradientError, "gru/fp32/B3_T4_N2_D7", "dR: error 2e-05, allowed 1e-05"},
  };
  for (const Expectation& expected : expectations) {
    FakeDevice device(expected.fault, std::make_unique<FarMemory>());
    const CaseResult result = run_case(device, table_case(expected.test));
    EXPECT_FALSE(result.ok) << expected.test << " does not find fault " << static_cast<int>(expected.fault);
    EXPECT_NE(result.message.find(expected.message), std::string::npos) << report(result);
  }
}

TEST(Table, NamesAreUniqueAndCasesOfEveryKindExist) {
  std::map<std::string, int> names;
  for (const Case& test : conformance_table()) ++names[test.name];
  EXPECT_GT(names.size(), 300U);
  for (const auto& [name, count] : names) EXPECT_EQ(count, 1) << name;
}

TEST(Table, FilterAndDtype) {
  ConformanceOptions options;
  options.filter = "slstm/";
  options.dtype = FLASHRNN_F16;
  const std::vector<Case> cases = select_cases(options);
  ASSERT_FALSE(cases.empty());
  for (const Case& test : cases) {
    EXPECT_EQ(test.cell, reference::Cell::kSlstm);
    EXPECT_EQ(test.dtype, FLASHRNN_F16);
  }
  options.filter = "no such case";
  EXPECT_TRUE(select_cases(options).empty());
}

TEST(Sweep, ANameGivesTheCaseAgain) {
  const Case test = sweep_case(7, 123);
  ConformanceOptions options;
  options.filter = test.name;
  const std::vector<Case> again = select_cases(options);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].name, test.name);
  EXPECT_EQ(again[0].seed, test.seed);
  EXPECT_NE(sweep_case(7, 124).seed, test.seed);
  EXPECT_NE(sweep_case(8, 123).seed, test.seed);
}

// The sweep is of use only if it reaches every option and the smallest sizes.
TEST(Sweep, ReachesEverything) {
  std::map<std::string, int> counts;
  for (std::uint64_t index = 0; index < 2000; ++index) {
    const Case test = sweep_case(1, index);
    ++counts[std::string(reference::info(test.cell).name) + dtype_name(test.dtype)];
    counts["B1"] += test.batch == 1 ? 1 : 0;
    counts["T1"] += test.time == 1 ? 1 : 0;
    counts["N1"] += test.heads == 1 ? 1 : 0;
    counts["D1"] += test.head_dim == 1 ? 1 : 0;
    counts["D>100"] += test.head_dim > 100 ? 1 : 0;
    counts["lengths"] += test.lengths ? 1 : 0;
    counts["packed"] += test.packed ? 1 : 0;
    counts["resets"] += test.resets ? 1 : 0;
    counts["reverse"] += test.reverse ? 1 : 0;
    counts["recompute"] += test.training && test.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE ? 1 : 0;
    counts["inference"] += test.training ? 0 : 1;
    counts["steps"] += test.by_steps ? 1 : 0;
    counts["clip"] += test.forward_clip > 0.0 && test.gradient_clip > 0.0 ? 1 : 0;
    counts["cut"] += test.gradient_cut ? 1 : 0;
    counts["accumulate"] += test.accumulate ? 1 : 0;
    counts["alias"] += test.alias_final && test.initial ? 1 : 0;
    counts["nan"] += test.nan_input ? 1 : 0;
    counts["mixed states"] += state_dtype_of(test) != test.dtype ? 1 : 0;
    counts["integers"] += test.numbers == Numbers::kIntegers ? 1 : 0;
    counts["linear"] += test.math == FLASHRNN_MATH_LINEAR ? 1 : 0;
  }
  EXPECT_EQ(counts.size(), 18U + 20U);
  for (const auto& [name, count] : counts) EXPECT_GE(count, 20) << name;
}

}  // namespace
}  // namespace flashrnn::verify
