// SPDX-License-Identifier: Apache-2.0
#include <numeric>

#include "tests/cuda/machine.hpp"

/// Launches that need several blocks at once: clusters, cooperative grids, both in graphs and on two streams; and a
/// kernel that faults.
namespace flashrnn::cuda::test {
namespace {

struct RingParameters {
  CuDevicePointer out;
  int rounds;
};
struct GridParameters {
  CuDevicePointer counter, words;
  int rounds, fault;
};
constexpr int kGlobalCapture = 0;

class DeviceExchange : public OnGpu {
 protected:
  static constexpr int kRounds = 101;
  static constexpr gpu::LaunchShape kGrid = {64, 128, 1, true, 0};

  static gpu::LaunchShape ring_of(std::int32_t cluster) { return {cluster * 3, 96, cluster, false, 1024}; }
  void expect_ring(const std::vector<std::uint32_t>& out, std::int32_t cluster) {
    for (std::int32_t block = 0; block < cluster * 3; ++block) {
      const auto word = [&](int i) { return out[static_cast<std::size_t>(block * 4 + i)]; };
      const auto number = [&](std::int32_t rank) {
        const std::int32_t origin = ((rank - kRounds) % cluster + cluster) % cluster + block / cluster * cluster;
        return static_cast<std::uint32_t>(origin * 1000 + kRounds);
      };
      const std::int32_t rank = block % cluster;
      EXPECT_EQ(word(0), number(rank)) << "cluster " << cluster << ", block " << block;
      EXPECT_EQ(word(1), 0U);
      EXPECT_EQ(word(2), number((rank + cluster - 1) % cluster));
      EXPECT_EQ(word(3), number(rank));
    }
  }

  static constexpr std::size_t kWords = 64 * 128;
  static std::vector<std::uint32_t> grid_words() {
    std::vector<std::uint32_t> words(2 * kWords);
    std::iota(words.begin(), words.begin() + kWords, 1U);
    return words;
  }
  void expect_grid(CuDevicePointer words) {
    std::vector<std::uint32_t> expected = grid_words();
    for (int t = 0; t < kRounds; ++t) {
      const std::size_t in = static_cast<std::size_t>(t) % 2 * kWords;
      const std::size_t out = kWords - in;
      for (std::size_t e = 0; e < kWords; ++e) {
        expected[out + e] = expected[in + (e + 128) % kWords] + expected[in + e];
      }
    }
    EXPECT_EQ(download<std::uint32_t>(words, 2 * kWords), expected);
  }
};

TEST_F(DeviceExchange, ClustersOfEverySize) {
  if (gpu->hardware().gpu.cluster_blocks_max.value_or(0) == 0) GTEST_SKIP() << "no clusters";
  for (const std::int32_t cluster : {2, 4, 8, 16}) {
    const gpu::LaunchShape shape = ring_of(cluster);
    const auto kernel = load("cluster", shape);
    const std::size_t words = static_cast<std::size_t>(shape.blocks) * 4;
    const RingParameters parameters = {allocate(words * 4), kRounds};
    const Status status = gpu->launch(*kernel, shape, &parameters, sizeof(parameters), nullptr);
    ASSERT_TRUE(status.ok()) << status.message();
    expect_ring(download<std::uint32_t>(parameters.out, words), cluster);
  }
}

TEST_F(DeviceExchange, CooperativeGrid) {
  const auto kernel = load("grid", kGrid);
  const GridParameters parameters = {upload(std::vector<std::uint32_t>{0}), upload(grid_words()), kRounds, 0};
  const Status status = gpu->launch(*kernel, kGrid, &parameters, sizeof(parameters), nullptr);
  ASSERT_TRUE(status.ok()) << status.message();
  expect_grid(parameters.words);
}

TEST_F(DeviceExchange, TooManyBlocksForAGridAreRefused) {
  gpu::LaunchShape shape = kGrid;
  shape.blocks = 1 << 20;
  std::shared_ptr<const gpu::Kernel> kernel;
  gpu::KernelSpec spec;
  spec.cell = "grid";
  const Status status = gpu->load(spec, shape, &kernel);
  EXPECT_EQ(status.code(), FLASHRNN_UNSUPPORTED);
  EXPECT_THAT(status.message(), testing::HasSubstr("1048576 are needed"));
}

/// Clearing, a cooperative launch and a cluster launch are captured, then replayed.
TEST_F(DeviceExchange, GraphsHoldEveryKindOfLaunch) {
  const bool clusters = gpu->hardware().gpu.cluster_blocks_max.value_or(0) > 0;
  const gpu::LaunchShape ring = ring_of(4);
  const auto grid_kernel = load("grid", kGrid);
  const auto ring_kernel = clusters ? load("cluster", ring) : nullptr;
  const CuStream stream = make_stream();
  const GridParameters grid = {upload(std::vector<std::uint32_t>{7}), upload(grid_words()), kRounds, 0};
  const RingParameters around = {allocate(12 * 16), kRounds};

  expect_success(more.capture_begin(stream, kGlobalCapture), "cuStreamBeginCapture");
  EXPECT_TRUE(gpu->clear(reinterpret_cast<void*>(grid.counter), 4, stream).ok());
  const Status status = gpu->launch(*grid_kernel, kGrid, &grid, sizeof(grid), stream);
  EXPECT_TRUE(status.ok()) << status.message();
  if (clusters) {
    const Status launched = gpu->launch(*ring_kernel, ring, &around, sizeof(around), stream);
    EXPECT_TRUE(launched.ok()) << launched.message();
  }
  void* graph = nullptr;
  void* executable = nullptr;
  expect_success(more.capture_end(stream, &graph), "cuStreamEndCapture");
  expect_success(more.graph_instantiate(&executable, graph, 0), "cuGraphInstantiate");
  for (int replay = 0; replay < 3; ++replay) {
    const std::vector<std::uint32_t> words = grid_words();
    expect_success(more.to_device(grid.words, words.data(), words.size() * 4), "cuMemcpyHtoD");
    expect_success(more.graph_launch(executable, stream), "cuGraphLaunch");
    expect_success(more.stream_wait(stream), "cuStreamSynchronize");
    expect_grid(grid.words);
    if (clusters) expect_ring(download<std::uint32_t>(around.out, 12 * 4), 4);
  }
  expect_success(more.executable_destroy(executable), "cuGraphExecDestroy");
  expect_success(more.graph_destroy(graph), "cuGraphDestroy");
}

TEST_F(DeviceExchange, TwoStreamsAtOnce) {
  const auto kernel = load("grid", kGrid);
  GridParameters parameters[2];
  CuStream streams[2];
  for (int i = 0; i < 2; ++i) {
    parameters[i] = {upload(std::vector<std::uint32_t>{0}), upload(grid_words()), kRounds, 0};
    streams[i] = make_stream();
  }
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(gpu->launch(*kernel, kGrid, &parameters[i], sizeof(parameters[i]), streams[i]).ok());
  }
  for (int i = 0; i < 2; ++i) {
    expect_success(more.stream_wait(streams[i]), "cuStreamSynchronize");
    expect_grid(parameters[i].words);
  }
}

/// A fault ends the context: the next calls say so, and when nobody holds the context any more the device works again.
TEST(DeviceFault, ComesBackAsAStatusAndEndsWithItsContext) {
  const Driver* driver = nullptr;
  if (const Status status = Driver::find(&driver); !status.ok()) GTEST_SKIP() << status.message();
  const gpu::LaunchShape shape = {64, 128, 1, true, 0};
  gpu::KernelSpec spec;
  spec.cell = "grid";
  for (const int fault : {0, 1, 0}) {
    std::shared_ptr<const CudaGpu> gpu;
    if (const Status status = CudaGpu::open(*driver, 0, test_images(), {}, &gpu); !status.ok()) {
      GTEST_SKIP() << status.message();
    }
    std::shared_ptr<const gpu::Kernel> kernel;
    Status status = gpu->load(spec, shape, &kernel);
    if (!status.ok()) GTEST_SKIP() << status.message();
    const GridParameters parameters = {0, 0, 0, fault};  // no rounds: memory is touched by the fault alone
    status = gpu->launch(*kernel, shape, &parameters, sizeof(parameters), nullptr);
    EXPECT_TRUE(status.ok()) << status.message();
    for (int call = 0; call < 1000000 && status.ok(); ++call) {
      if (fault == 0 && call == 100) break;
      const GridParameters none = {0, 0, 0, 0};
      status = gpu->launch(*kernel, shape, &none, sizeof(none), nullptr);
    }
    EXPECT_EQ(status.code(), fault == 0 ? FLASHRNN_SUCCESS : FLASHRNN_DEVICE_ERROR) << status.message();
    if (fault != 0) {
      EXPECT_THAT(status.message(), testing::HasSubstr("CUDA_ERROR_ILLEGAL_ADDRESS"));
    }
  }
}

}  // namespace
}  // namespace flashrnn::cuda::test
