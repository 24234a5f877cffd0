// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "backend_cpu/simt/simt_device.hpp"
#include "common/cell/elman.hpp"
#include "common/cell/gru.hpp"
#include "common/cell/lstm.hpp"
#include "common/cell/slstm.hpp"
#include "common/device/tile_fma.hpp"
#include "common/device/tile_mma_sync.hpp"
#include "common/kernel/config.hpp"
#include "common/plan/gpu_verify.hpp"

/// The kernels as they are, held against what the planner says of them: shared memory and threads of a block.
namespace flashrnn::plan::sizes {

using device::Bf16;
using kernel::Exchange;
using kernel::Tile;
using simt::Simt32;

using FmaFloat = device::FmaTile<float, 32, 4, 4, 1, 4>;
using FmaBf16 = device::FmaTile<Bf16, 32, 4, 4, 1, 4>;

template <class CellType, class Element, class MatrixTile, Tile kTile, Exchange kExchange, device::Uint32 kFlags>
using Config =
    kernel::Config<CellType, Element, float, cell::FastMath, MatrixTile, kTile, kExchange, kFlags, /*any D*/ 0>;

/// The plan that says of itself to be of this configuration.
template <class C>
GpuPlan plan_of(Form form, Pass pass) {
  GpuPlan plan;
  plan.pass = pass;
  plan.form = form;
  plan.matrix = kernel::instruction_of<typename C::MatrixTile>();
  plan.tile = C::kTile;
  return plan;
}

template <class C>
Shape shape_of(Pass pass) {
  Shape shape;
  shape.cell = builtin_cell(C::Cell::kName);
  shape.element = sizeof(typename C::Element) == 2 ? ElementType::kBf16 : ElementType::kFp32;
  shape.pass = pass;
  shape.flags = C::kFlags;
  return shape;
}

template <class Kernel, class C>
void expect_sizes(Form form, Pass pass) {
  const GpuPlan plan = plan_of<C>(form, pass);
  const Shape shape = shape_of<C>(pass);
  ASSERT_FALSE(shape.cell.name.empty());
  EXPECT_TRUE(kernel_takes(shape, plan));
  EXPECT_EQ(kernel_shared_bytes(shape, plan), sizeof(typename Kernel::Shared))
      << C::Cell::kName << " " << plan.to_string() << " flags " << C::kFlags;
  EXPECT_EQ(kernel::threads(plan.matrix, plan.tile), Kernel::kThreads) << plan.to_string();
}

constexpr Form form_of(Exchange exchange) {
  return exchange == Exchange::kBlock ? Form::kBlock : exchange == Exchange::kCluster ? Form::kCluster : Form::kGrid;
}

/// Calls each.template operator()<Cell, Element, MatrixTile>() for every cell and kind of product.
template <class CellType, class Each>
void for_products(const Each& each) {
  each.template operator()<CellType, Bf16, device::MmaSyncM16N8K16<Bf16>>();
  each.template operator()<CellType, float, device::MmaSyncM16N8K8Tf32>();
  each.template operator()<CellType, float, FmaFloat>();
  each.template operator()<CellType, Bf16, FmaBf16>();
}
template <class Each>
void for_cells_and_products(const Each& each) {
  for_products<cell::Lstm>(each);
  for_products<cell::Gru>(each);
  for_products<cell::GruResetBefore>(each);
  for_products<cell::Elman>(each);
  for_products<cell::Slstm>(each);
}

}  // namespace flashrnn::plan::sizes
