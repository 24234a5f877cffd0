// SPDX-License-Identifier: Apache-2.0
#include "common/device/tile_fma.hpp"
#include "common/kernel/pack_weights_kernel.hpp"
#include "tests/kernel/support.hpp"
#include "verify/random.hpp"

namespace flashrnn::kernel::test {
namespace {

template <class Element>
using PackConfig = Config<cell::Gru, Element, float, cell::ExactMath, device::FmaTile<Element, 32, 8, 2, 2, 1>, Tile{},
                          Exchange::kBlock, kRuntimeFlags, 0>;

template <class E>
E number(std::size_t i) {
  return encode<E>(static_cast<double>(i % 251) - 125.0);
}

/// Every element lies where PackedWeights says, zeros around it.
template <class D, class E>
void expect_packed(std::int64_t heads, std::int64_t dim, bool bias, bool transposed, int blocks) {
  using K = PackWeights<D, PackConfig<E>>;
  const std::int64_t padded = (dim + kDimPadding - 1) / kDimPadding * kDimPadding;
  const std::int64_t matrices = cell::Gru::kRecurrentGates * heads;
  const std::int64_t biases = cell::Gru::kBiases * heads;
  std::vector<E> r(static_cast<std::size_t>(matrices * dim * dim));
  std::vector<E> b(static_cast<std::size_t>(biases * dim));
  for (std::size_t i = 0; i < r.size(); ++i) r[i] = number<E>(i);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = number<E>(i);
  std::vector<E> packed(static_cast<std::size_t>(matrices * padded * padded));
  std::vector<E> packed_transposed(packed.size());
  std::vector<float> packed_bias(static_cast<std::size_t>(biases * padded));

  simt::Memory memory;
  typename K::Parameters p;
  const auto size = [](const auto& values) { return static_cast<std::int64_t>(values.size()); };
  p.r = memory.input("R", r.data(), size(r));
  if (bias) p.b = memory.input("b", b.data(), size(b));
  p.packed_r = memory.output("packed R", packed.data(), size(packed));
  if (transposed) p.packed_r_transposed = memory.output("transposed", packed_transposed.data(), size(packed));
  p.packed_bias = memory.output("packed b", packed_bias.data(), size(packed_bias));
  p.heads = static_cast<Int32>(heads);
  p.head_dim = static_cast<Int32>(dim);
  p.padded_dim = static_cast<Int32>(padded);
  simt::LaunchConfig config;
  config.blocks = blocks == 0 ? static_cast<int>(K::blocks(heads, padded)) : blocks;
  config.threads = K::kThreads;
  config.shared_bytes = sizeof(typename K::Shared);
  const Status status = simt::launch<D>(config, memory, [&](D& dev) { K::run(dev, p); });
  ASSERT_TRUE(status.ok()) << status.message();

  for (std::int64_t i = 0; i < size(packed); ++i) {
    const std::int64_t d = i / padded % padded;
    const std::int64_t k = i % padded;
    const std::int64_t block = i / (padded * padded);
    const bool inside = d < dim && k < dim;
    const double expected = inside ? decode(r[static_cast<std::size_t>((block * dim + d) * dim + k)]) : 0.0;
    ASSERT_EQ(decode(packed[static_cast<std::size_t>(i)]), expected) << i;
    if (!transposed) continue;
    const auto mirrored = static_cast<std::size_t>((block * padded + k) * padded + d);
    ASSERT_EQ(decode(packed_transposed[mirrored]), expected) << i;
  }
  for (std::int64_t i = 0; i < size(packed_bias); ++i) {
    const bool inside = bias && i % padded < dim;
    const double expected = inside ? decode(b[static_cast<std::size_t>(i / padded * dim + i % padded)]) : 0.0;
    ASSERT_EQ(packed_bias[static_cast<std::size_t>(i)], expected) << i;
  }
}

TEST(PackWeights, PadsAndTransposes) {
  expect_packed<Simt32, Bf16>(2, 33, true, true, 0);
  expect_packed<Simt32, Bf16>(1, 64, false, true, 5);
  expect_packed<Simt64, float>(3, 7, true, false, 1);
  expect_packed<Simt64, float>(1, 50, true, true, 2);
}

}  // namespace
}  // namespace flashrnn::kernel::test
