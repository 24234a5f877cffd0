// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/cpu/network.hpp"

namespace flashrnn::test {
namespace {

/// h of an Elman network with linear math is a plain recurrence that a loop follows.
double plain_elman(double h, double r, double x) { return r * h + x; }

TEST(Large, SeventyThousandSteps) {
  flashrnn_problem p = make_problem("lstm", 2, 70000, 1, 8);
  p.training = 1;
  Network whole(p);
  const Context context = cpu(0);
  whole.run(Plan(context, whole.problem));
  // Against chunks of uneven length, which share no token index with the whole.
  Network chunked(p);
  chunked.run_in_chunks(context, {0, 65535, 65537, 70000});
  const auto expected = whole.results();
  const auto results = chunked.results();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto first = std::mismatch(expected[i].begin(), expected[i].end(), results[i].begin()).first;
    EXPECT_EQ(first, expected[i].end()) << "result " << i << " at byte " << first - expected[i].begin() << " of "
                                        << expected[i].size();
  }
  for (const float v : whole.dR) ASSERT_TRUE(std::isfinite(v));
}

TEST(Large, SixtySixThousandRows) {
  for (const flashrnn_dtype dtype : {FLASHRNN_F32, FLASHRNN_BF16}) {
    flashrnn_problem p = make_problem("gru", 66000, 3, 1, 8);
    p.dtype = dtype;
    p.training = 1;
    Network all(p);
    const Context context = cpu(0);
    all.run(Plan(context, all.problem));
    // The last rows alone give the same bits: rows do not depend on each other.
    p.batch = 5;
    Network last(p);
    const auto tail = [](auto* to, const auto& from, std::int64_t states) {
      const std::size_t per_state = to->size() / static_cast<std::size_t>(states);
      const std::size_t from_state = from.size() / static_cast<std::size_t>(states);
      for (std::int64_t s = 0; s < states; ++s)
        std::copy_n(from.end() - static_cast<std::ptrdiff_t>((static_cast<std::size_t>(states - 1 - s)) * from_state +
                                                             per_state),
                    per_state, to->begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(s) * per_state));
    };
    Network fresh(all.problem);
    tail(&last.Wx, fresh.Wx, 1);
    last.R = fresh.R;
    last.b = fresh.b;
    tail(&last.state, fresh.state, 1);
    tail(&last.dstate, fresh.dstate, 1);
    tail(&last.dstates, fresh.dstates, 1);
    last.run(Plan(context, last.problem));
    const auto ends_with = [](const auto& whole, const auto& end) {
      return std::equal(end.begin(), end.end(), whole.end() - static_cast<std::ptrdiff_t>(end.size()));
    };
    EXPECT_TRUE(ends_with(all.states, last.states));
    EXPECT_TRUE(ends_with(all.state, last.state));
    EXPECT_TRUE(ends_with(all.dWx, last.dWx));
    EXPECT_TRUE(ends_with(all.dstate, last.dstate));
  }
}

/// Memory that is reserved but only touched where it is used.
class Sparse {
 public:
  explicit Sparse(std::size_t bytes)
      : bytes_(bytes),
        data_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {}
  ~Sparse() {
    if (good()) munmap(data_, bytes_);
  }
  Sparse(const Sparse&) = delete;
  Sparse& operator=(const Sparse&) = delete;
  [[nodiscard]] bool good() const { return data_ != MAP_FAILED; }
  [[nodiscard]] float* floats() const { return static_cast<float*>(data_); }

 private:
  std::size_t bytes_;
  void* data_;
};

/// Elements past 2^31 from a tensor's start, reached through strides: an index kept in 32 bits would land elsewhere.
TEST(Large, StridesPastTwoToThe31) {
  constexpr std::int64_t kStride = (std::int64_t{1} << 31) + 640;
  for (const bool along_time : {false, true}) {
    flashrnn_problem p = make_problem("elman", along_time ? 1 : 3, along_time ? 3 : 1, 1, 4);
    p.math = FLASHRNN_MATH_LINEAR;
    p.training = 1;
    const Context context = cpu(0);
    const Plan plan(context, p);
    const Sparse wx(2 * kStride * 4 + 64), h(2 * kStride * 4 + 64), dwx(2 * kStride * 4 + 64);
    if (!wx.good() || !h.good() || !dwx.good()) GTEST_SKIP() << "this system reserves no 50 GB of address space";
    for (int i = 0; i < 3; ++i)
      for (int d = 0; d < 4; ++d) wx.floats()[i * kStride + d] = static_cast<float>(i + d + 1);
    std::vector<float> R(16, 0.0F);
    for (int d = 0; d < 4; ++d) R[static_cast<std::size_t>(d * 4 + d)] = 2.0F;
    const Buffer reserve(plan.sizes().reserve);
    const Buffer workspace(std::max(plan.sizes().forward_workspace, plan.sizes().backward_workspace));
    const std::int64_t b = along_time ? 0 : kStride;
    const std::int64_t t = along_time ? kStride : 0;
    flashrnn_forward_args forward = forward_args();
    forward.Wx = {wx.floats(), 0, b, t};
    forward.R = R.data();
    forward.states = {h.floats(), 0, b, t};
    set_reserve(forward, reserve);
    set_workspace(forward, workspace);
    ASSERT_EQ(flashrnn_forward(plan.get(), &forward), FLASHRNN_SUCCESS) << flashrnn_last_error();
    flashrnn_backward_args backward = backward_args();
    backward.R = R.data();
    backward.dstates = {h.floats(), 0, b, t};
    backward.dWx = {dwx.floats(), 0, b, t};
    set_reserve(backward, reserve);
    set_workspace(backward, workspace);
    ASSERT_EQ(flashrnn_backward(plan.get(), &backward), FLASHRNN_SUCCESS) << flashrnn_last_error();
    for (int d = 0; d < 4; ++d) {
      double expected = 0;
      double h_values[3];
      for (int i = 0; i < 3; ++i) {
        expected = plain_elman(along_time ? expected : 0, 2, i + d + 1);
        h_values[i] = expected;
        EXPECT_EQ(h.floats()[i * kStride + d], expected);
      }
      double gradient = 0;
      for (int i = 2; i >= 0; --i) {
        gradient = h_values[i] + (along_time ? 2 * gradient : 0);
        EXPECT_EQ(dwx.floats()[i * kStride + d], gradient);
      }
    }
  }
}

/// More than 2^31 elements of Wx, all read: one very long row. Pages that nobody wrote read as zeros and cost nothing.
TEST(Large, ElementCountPastTwoToThe31) {
  constexpr std::int64_t kUnits = 8;
  constexpr std::int64_t kSteps = (std::int64_t{1} << 31) / kUnits + 5;
  flashrnn_problem p = make_problem("elman", 1, kSteps, 1, kUnits);
  p.dtype = FLASHRNN_BF16;
  p.math = FLASHRNN_MATH_LINEAR;
  p.output_sequence = FLASHRNN_SEQUENCE_NONE;
  const Context context = cpu(0);
  const Plan plan(context, p);
  const Sparse wx(static_cast<std::size_t>(kSteps * kUnits) * 2);
  if (!wx.good()) GTEST_SKIP() << "this system reserves no 4 GB of address space";
  auto* x = reinterpret_cast<std::uint16_t*>(wx.floats());
  x[3] = 0x3F80;                    // 1 in the first step, unit 3
  x[kSteps * kUnits - 2] = 0x4000;  // 2 in the last, unit 6
  std::vector<std::uint16_t> R(kUnits * kUnits, 0);
  for (std::size_t d = 0; d < kUnits; ++d) R[d * kUnits + d] = 0x3F80;  // the identity: h is the sum of its inputs
  std::uint16_t h[kUnits] = {};
  const Buffer workspace(plan.sizes().forward_workspace);
  flashrnn_forward_args args = forward_args();
  args.Wx.data = wx.floats();
  args.R = R.data();
  args.final_states.data = h;
  set_workspace(args, workspace);
  ASSERT_EQ(flashrnn_forward(plan.get(), &args), FLASHRNN_SUCCESS) << flashrnn_last_error();
  const std::uint16_t expected[kUnits] = {0, 0, 0, 0x3F80, 0, 0, 0x4000, 0};
  for (std::size_t d = 0; d < kUnits; ++d) EXPECT_EQ(h[d], expected[d]) << d;
}

}  // namespace
}  // namespace flashrnn::test
