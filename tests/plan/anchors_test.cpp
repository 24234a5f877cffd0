// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "common/plan/gpu_cost.hpp"
#include "common/plan/gpu_figures.hpp"

/// The cost model against what was measured on an H200: prototypes of the fused forward kernel, and single exchanges
/// and barriers. The prototypes' layouts are described as they were written; nothing is fitted to a row.
namespace flashrnn::plan {
namespace {

constexpr double kTolerance = 0.30;
constexpr double kSteps = 1024;

const GpuFigures& h200() {
  static const GpuFigures figures = [] {
    GpuFigures f;
    std::string why;
    const hw::Device* device = hw::Database::shared().find("nvidia/h200");
    if (device == nullptr || !resolve_figures(*device, ElementType::kBf16, true, f, why)) ADD_FAILURE() << why;
    return f;
  }();
  return figures;
}

void expect_close(const std::string& what, double modelled, double measured) {
  std::printf("  %-52s modelled %8.3f measured %8.3f  %+5.0f %%\n", what.c_str(), modelled, measured,
              100 * (modelled / measured - 1));
  EXPECT_NEAR(modelled, measured, kTolerance * measured) << what;
}

/// One block a head: a warp for each tile of units, K in registers. `rows` of the batch by `units` of one gate are a
/// matrix instruction.
BlockWork prototype(std::int64_t head_dim, std::int64_t rows, std::int64_t units, RowAccess load, RowAccess store) {
  BlockWork work;
  work.matrix.rows = rows;
  work.matrix.gate_rows = units;
  work.matrix.holds_both_halves = false;
  kernel::Tile& tile = work.tile;
  tile.unit_warps = head_dim / units;
  tile.block_unit_tiles = tile.unit_warps;
  tile.warp_unit_tiles = 1;
  tile.warp_k_tiles = head_dim / work.matrix.k;
  tile.register_k = tile.warp_k_tiles;
  work.load = load;
  work.store = store;
  return work;
}

/// The batch as N, 8 rows a block, two gates a tile: what the library's own kernels do.
BlockWork two_gates_a_tile(std::int64_t block_units, std::int64_t head_dim, std::int64_t groups_of_warp) {
  BlockWork work;
  kernel::Tile& tile = work.tile;
  tile.block_unit_tiles = block_units / 8;
  tile.warp_unit_tiles = groups_of_warp;
  tile.unit_warps = tile.block_unit_tiles / groups_of_warp;
  tile.warp_k_tiles = head_dim / work.matrix.k;
  tile.register_k = tile.warp_k_tiles;
  tile.stages = 8;
  return work;
}

struct Row {
  std::int64_t heads, head_dim;
  double ms;
};

void expect_prototype(const std::string& name, const BlockWork& work, const Row& row) {
  const double bytes = 16.0 * static_cast<double>(row.heads * row.head_dim) * 5 * 2;
  const double ms = fused_step(h200(), work, bytes).ns * kSteps * 1e-6 + h200().launch_ns * 1e-6;
  expect_close(name + " " + std::to_string(row.heads) + "x" + std::to_string(row.head_dim), ms, row.ms);
}

TEST(Anchors, BatchAsColumnsWithARing) {
  for (const Row& row : {Row{24, 32, 0.42}, {12, 64, 0.53}, {6, 128, 0.79}}) {
    expect_prototype("batch as N, ring", prototype(row.head_dim, 8, 16, RowAccess::kSingles, RowAccess::kSingles), row);
  }
}

TEST(Anchors, BatchAsRowsWithPairsStraightToRegisters) {
  for (const Row& row : {Row{48, 16, 0.33}, {24, 32, 0.50}, {12, 64, 0.78}, {6, 128, 1.12}}) {
    expect_prototype("batch as M, pairs", prototype(row.head_dim, 16, 8, RowAccess::kPairs, RowAccess::kPairs), row);
  }
}

TEST(Anchors, BatchAsRowsWithABulkCopyForEachRow) {
  for (const Row& row : {Row{48, 16, 2.45}, {24, 32, 2.35}, {12, 64, 2.40}, {6, 128, 2.58}}) {
    expect_prototype("batch as M, bulk copies", prototype(row.head_dim, 16, 8, RowAccess::kBulk, RowAccess::kBulk),
                     row);
  }
}

TEST(Anchors, BatchAsRowsWithARing) {
  for (const Row& row : {Row{48, 16, 0.27}, {24, 32, 0.28}, {12, 64, 0.43}, {6, 128, 0.94}}) {
    expect_prototype("batch as M, ring", prototype(row.head_dim, 16, 8, RowAccess::kVectors, RowAccess::kVectors), row);
  }
}

TEST(Anchors, ClustersWithBulkCopies) {
  struct ClusterRow {
    std::int64_t head_dim, blocks;
    double ms;
  };
  for (const ClusterRow& row : {ClusterRow{256, 8, 0.83}, {512, 16, 1.18}, {768, 16, 2.28}}) {
    BlockWork work = prototype(row.head_dim / row.blocks, 8, 16, RowAccess::kSingles, RowAccess::kSingles);
    work.exchange = Exchange::kCluster;
    work.handover = Handover::kBulkCopies;
    work.tile.group_blocks = row.blocks;
    work.tile.k_warps = 4;
    work.tile.warp_k_tiles = row.head_dim / work.matrix.k / work.tile.k_warps;
    // 16 registers a k tile (4 gates of 16 units): what 65536 registers leave for R beside 70 others in a thread.
    const std::int64_t threads = kernel::threads(work.matrix, work.tile);
    const std::int64_t room = std::min<std::int64_t>(65536 / threads, 255) - 70;
    work.tile.register_k = std::min(work.tile.warp_k_tiles, room / 16);
    work.tile.shared_k = work.tile.warp_k_tiles - work.tile.register_k;
    work.blocks_on_device = 2 * row.blocks;
    expect_prototype("cluster of " + std::to_string(row.blocks), work, {1, row.head_dim, row.ms});
    if (row.head_dim == 768) {
      // B=48 took the same: six clusters, which run at once.
      work.blocks_on_device = 6 * row.blocks;
      EXPECT_GE(clusters_at_once(h200(), row.blocks), 6);
      expect_prototype("cluster of " + std::to_string(row.blocks) + ", B=48,", work, {1, row.head_dim, row.ms});
    }
  }
}

TEST(Anchors, TwoGatesATileInABlock) {
  struct BlockRow {
    std::int64_t heads, head_dim, groups_of_warp, stages;
    double ms;
  };
  for (const BlockRow& row : {BlockRow{48, 16, 1, 8, 0.149},
                              {24, 32, 1, 8, 0.164},
                              {12, 64, 1, 8, 0.255},
                              {6, 128, 1, 8, 0.512},
                              {24, 32, 2, 8, 0.210},
                              {12, 64, 2, 8, 0.253},
                              {6, 128, 2, 8, 0.524},
                              {48, 16, 1, 4, 0.260},
                              {24, 32, 1, 4, 0.266},
                              {12, 64, 1, 4, 0.289}}) {
    BlockWork work = two_gates_a_tile(row.head_dim, row.head_dim, row.groups_of_warp);
    work.tile.stages = row.stages;
    expect_prototype("two gates a tile, units a warp " + std::to_string(8 * row.groups_of_warp) + ", ring of " +
                         std::to_string(row.stages) + ",",
                     work, {row.heads, row.head_dim, row.ms});
  }
}

TEST(Anchors, TwoGatesATileInAClusterWithRemoteStores) {
  struct ClusterRow {
    std::int64_t heads, head_dim, batch, blocks, register_k;
    double ms;
  };
  for (const ClusterRow& row : {ClusterRow{12, 64, 16, 4, 2, 0.347},
                                {6, 128, 16, 8, 4, 0.384},
                                {1, 256, 16, 16, 8, 0.517},
                                {1, 256, 16, 8, 8, 0.582},
                                {3, 256, 16, 8, 8, 0.574},
                                {1, 512, 16, 16, 16, 0.895},
                                {1, 512, 64, 16, 16, 1.767},
                                {1, 768, 16, 16, 14, 2.07}}) {
    BlockWork work = two_gates_a_tile(row.head_dim / row.blocks, row.head_dim, 1);
    work.exchange = Exchange::kCluster;
    work.tile.group_blocks = row.blocks;
    work.tile.k_warps = 2;
    work.tile.warp_k_tiles /= 2;
    work.tile.register_k = row.register_k;
    work.tile.shared_k = work.tile.warp_k_tiles - row.register_k;
    const std::int64_t groups = row.heads * row.batch / 8;
    const std::int64_t rounds = kernel::ceil_div(groups, clusters_at_once(h200(), row.blocks));
    work.blocks_on_device = groups / rounds * row.blocks;
    const double ns = fused_step_ns(h200(), work, 0) * static_cast<double>(rounds) * kSteps + h200().launch_ns;
    expect_close("two gates a tile, cluster of " + std::to_string(row.blocks) + ", " + std::to_string(row.heads) + "x" +
                     std::to_string(row.head_dim) + ", B=" + std::to_string(row.batch),
                 ns * 1e-6, row.ms);
  }
}

TEST(Anchors, BarriersAndExchanges) {
  const GpuFigures& f = h200();
  expect_close("grid.sync, us", f.grid_barrier_ns_cooperative * 1e-3, 0.98);
  expect_close("barrier over global memory, 8 blocks, us", grid_barrier_ns(f, 8) * 1e-3, 0.59);
  expect_close("barrier over global memory, 32 blocks, us", grid_barrier_ns(f, 32) * 1e-3, 0.87);
  expect_close("barrier over global memory, 128 blocks, us", grid_barrier_ns(f, 128) * 1e-3, 0.92);
  expect_close("cluster barrier, us", f.cluster_barrier_ns * 1e-3, 0.19);
  struct Gather {
    double kb, us;
  };
  for (const Gather& g : {Gather{8, 1.4}, {24, 2.2}, {48, 3.4}, {96, 5.7}}) {
    const double ns = exchange_ns(f, Exchange::kGrid, Handover::kRemoteStores, 128, g.kb);
    expect_close("all-gather over the grid, KB " + std::to_string(static_cast<int>(g.kb)), ns * 1e-3, g.us);
  }
  // Where a range was measured, both of its ends.
  for (const Gather& g : {Gather{2, 0.28}, {8, 0.43}, {8, 0.50}, {24, 0.82}, {24, 0.88}, {48, 1.43}, {48, 1.57}}) {
    const double ns = exchange_ns(f, Exchange::kCluster, Handover::kRemoteStores, 16, g.kb);
    expect_close("all-gather in a cluster, KB " + std::to_string(static_cast<int>(g.kb)), ns * 1e-3, g.us);
  }
  for (const Gather& g : {Gather{2, 0.60}, {8, 0.61}, {24, 0.87}}) {
    const double ns = exchange_ns(f, Exchange::kCluster, Handover::kBulkCopies, 16, g.kb);
    expect_close("bulk copies in a cluster of 16, KB " + std::to_string(static_cast<int>(g.kb)), ns * 1e-3, g.us);
  }
  // Plain remote stores and a barrier: 0.4 to 1.5 us over these sizes, slower everywhere.
  for (const Gather& g : {Gather{2, 0.4}, {48, 1.5}}) {
    const double ns = exchange_ns(f, Exchange::kCluster, Handover::kBarrier, 16, g.kb);
    expect_close("plain stores in a cluster, KB " + std::to_string(static_cast<int>(g.kb)), ns * 1e-3, g.us);
    EXPECT_GT(ns, exchange_ns(f, Exchange::kCluster, Handover::kRemoteStores, 16, g.kb));
  }
  EXPECT_EQ(clusters_at_once(f, 16), 7);
  EXPECT_EQ(clusters_at_once(f, 8), 15);
}

}  // namespace
}  // namespace flashrnn::plan
