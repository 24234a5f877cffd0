// SPDX-License-Identifier: Apache-2.0
#include "tests/cuda/machine.hpp"

namespace flashrnn::cuda::test {
namespace {

struct Parameters {
  CuDevicePointer a, b, products, matrices, copies, words;
};

class DeviceWarp : public OnGpu {};

/// Small integers, so that every product is exact: the layouts of common/device are the instructions'.
TEST_F(DeviceWarp, TilesMatricesCopiesShufflesVotes) {
  const gpu::LaunchShape shape = {1, 32, 1, false, 16384};
  const auto kernel = load("warp", shape);
  std::vector<float> a(256), b(128);
  for (int e = 0; e < 256; ++e) a[static_cast<std::size_t>(e)] = static_cast<float>((e / 16 * 5 + e % 16 * 3) % 11 - 5);
  for (int e = 0; e < 128; ++e) b[static_cast<std::size_t>(e)] = static_cast<float>((e / 8 * 7 + e % 8 * 2) % 13 - 6);
  const CuDevicePointer products = allocate(5 * 128 * 4);
  const CuDevicePointer matrices = allocate(3 * 256 * 2);
  const CuDevicePointer copies = allocate(32 * 4);
  const CuDevicePointer words = allocate(8 * 32 * 4);
  const Parameters parameters = {upload(a), upload(b), products, matrices, copies, words};
  const Status status = gpu->launch(*kernel, shape, &parameters, sizeof(parameters), nullptr);
  ASSERT_TRUE(status.ok()) << status.message();

  const std::vector<float> product = download<float>(products, 5 * 128);
  for (std::size_t e = 0; e < product.size(); ++e) {
    float sum = 0;
    for (std::size_t k = 0; k < 16; ++k) sum += a[e % 128 / 8 * 16 + k] * b[k * 8 + e % 8];
    ASSERT_EQ(product[e], sum) << "way " << e / 128 << ", element " << e % 128;
  }
  if (gpu->hardware().gpu.cluster_blocks_max.value_or(0) > 0) {  // sm_90 and later have stmatrix, too
    const std::vector<std::uint16_t> stored = download<std::uint16_t>(matrices, 3 * 256);
    const auto turned = [](std::size_t e) { return e / 64 * 64 + e % 8 * 8 + e % 64 / 8; };
    for (std::size_t e = 0; e < 256; ++e) {
      EXPECT_EQ(stored[e], e);
      EXPECT_EQ(stored[256 + e], turned(e));
      const std::size_t mixed = e < 128 ? 128 + turned(e) : e < 192 ? turned(e - 128) : e;
      EXPECT_EQ(stored[512 + e], mixed);
    }
  }
  const std::vector<float> copied = download<float>(copies, 32);
  for (std::size_t e = 0; e < 32; ++e) {
    const std::size_t lane = e / 4;
    const bool zero = e < 16 ? e % 4 >= (lane < 2 ? lane : lane + 1) : e < 24 ? false : e % 2 == 0;
    EXPECT_EQ(copied[e], zero ? 0.0F : a[e]) << e;
  }
  const std::vector<std::int32_t> word = download<std::int32_t>(words, 8 * 32);
  for (int lane = 0; lane < 32; ++lane) {
    const auto at = [&](int row) { return word[static_cast<std::size_t>(row * 32 + lane)]; };
    EXPECT_EQ(at(0), 15);
    EXPECT_EQ(at(1), lane ^ 6);
    EXPECT_EQ(at(2), lane < 3 ? lane : lane - 3);
    EXPECT_EQ(at(3), lane > 28 ? lane : lane + 3);
    EXPECT_EQ(at(4), (31 - lane) * 99);
    EXPECT_EQ(at(5), 0x49249249);
    EXPECT_EQ(at(6), 1 + 4);
    EXPECT_EQ(at(7), lane ^ 1);
  }
}

}  // namespace
}  // namespace flashrnn::cuda::test
