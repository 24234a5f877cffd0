// SPDX-License-Identifier: Apache-2.0
#include "common/gpu/kernel_spec.hpp"

#include <array>
#include <utility>

#include "common/device/tile_fma.hpp"
#include "common/device/tile_mfma.hpp"
#include "common/device/tile_mma_sync.hpp"
#include "common/device/tile_wmma.hpp"
#include "common/gpu/cell_source.hpp"

namespace flashrnn::gpu {
namespace {

struct KindText {
  std::string_view name, header, type;
};
constexpr std::array<KindText, 8> kKinds = {{
    {"pack_weights", "common/kernel/pack_weights_kernel.hpp", "PackWeights"},
    {"fused_forward", "common/kernel/fused_forward_kernel.hpp", "FusedForward"},
    {"fused_backward", "common/kernel/fused_backward_kernel.hpp", "FusedBackward"},
    {"stepwise_forward", "common/kernel/stepwise_forward_kernel.hpp", "StepwiseForward"},
    {"stepwise_backward", "common/kernel/stepwise_backward_kernel.hpp", "StepwiseBackward"},
    {"recompute", "common/kernel/recompute_kernel.hpp", "Recompute"},
    {"weight_gradient", "common/kernel/weight_gradient_kernel.hpp", "WeightGradient"},
    {"weight_gradient_sum", "common/kernel/weight_gradient_sum_kernel.hpp", "WeightGradientSum"},
}};
const KindText& text_of(KernelKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

struct TileText {
  std::string_view name, header;
};
constexpr std::array<TileText, 5> kTiles = {{
    {"mma_sync16", "common/device/tile_mma_sync.hpp"},
    {"mma_sync_tf32", "common/device/tile_mma_sync.hpp"},
    {"fma", "common/device/tile_fma.hpp"},
    {"mfma16", "common/device/tile_mfma.hpp"},
    {"wmma16", "common/device/tile_wmma.hpp"},
}};
const TileText& text_of(MatrixTileName tile) { return kTiles[static_cast<std::size_t>(tile)]; }

constexpr std::array<std::pair<std::string_view, std::int64_t kernel::Tile::*>, 11> kTileFields = {{
    {"row_tiles", &kernel::Tile::row_tiles},
    {"block_heads", &kernel::Tile::block_heads},
    {"group_blocks", &kernel::Tile::group_blocks},
    {"block_unit_tiles", &kernel::Tile::block_unit_tiles},
    {"unit_warps", &kernel::Tile::unit_warps},
    {"k_warps", &kernel::Tile::k_warps},
    {"warp_unit_tiles", &kernel::Tile::warp_unit_tiles},
    {"warp_k_tiles", &kernel::Tile::warp_k_tiles},
    {"register_k", &kernel::Tile::register_k},
    {"shared_k", &kernel::Tile::shared_k},
    {"stages", &kernel::Tile::stages},
}};
static_assert(sizeof(kernel::Tile) == kTileFields.size() * sizeof(std::int64_t), "Every field of a tile is in texts.");

constexpr std::string_view dtype_text(flashrnn_dtype dtype) {
  return dtype == FLASHRNN_BF16 ? "bf16" : dtype == FLASHRNN_F16 ? "fp16" : "fp32";
}
constexpr std::string_view dtype_type(flashrnn_dtype dtype) {
  return dtype == FLASHRNN_BF16 ? "flashrnn::device::Bf16" : dtype == FLASHRNN_F16 ? "flashrnn::device::Fp16" : "float";
}
constexpr std::string_view math_text(flashrnn_math math) {
  return math == FLASHRNN_MATH_LINEAR ? "linear" : math == FLASHRNN_MATH_FAST ? "fast" : "exact";
}
/// What is exact in 16 bits is fast in fp32.
constexpr std::string_view math_type(flashrnn_math math, flashrnn_dtype element) {
  if (math == FLASHRNN_MATH_LINEAR) return "flashrnn::cell::LinearMath";
  if (element == FLASHRNN_F32) {
    return math == FLASHRNN_MATH_FAST ? "flashrnn::cell::FastMath" : "flashrnn::cell::ExactMath";
  }
  return math == FLASHRNN_MATH_FAST ? "flashrnn::cell::CoarseMath" : "flashrnn::cell::FastMath";
}
constexpr std::string_view exchange_text(kernel::Exchange exchange) {
  return exchange == kernel::Exchange::kGrid ? "grid" : exchange == kernel::Exchange::kCluster ? "cluster" : "block";
}
constexpr std::string_view exchange_type(kernel::Exchange exchange) {
  return exchange == kernel::Exchange::kGrid      ? "flashrnn::kernel::Exchange::kGrid"
         : exchange == kernel::Exchange::kCluster ? "flashrnn::kernel::Exchange::kCluster"
                                                  : "flashrnn::kernel::Exchange::kBlock";
}

/// Lanes in 8 columns, of all rows of the batch that a product has; each adds up some rows of R in its own. Depth is
/// what one lane reads at once.
template <class Input, int Lanes>
using MultiplyAdd = device::FmaTile<Input, Lanes, Lanes / 8, 128 / Lanes, 1, 4>;

std::string matrix_type(MatrixTileName tile, std::string_view element, std::string_view device_type) {
  const std::string input(element);
  const std::string lanes = std::string(device_type) + "::kWarpSize";
  switch (tile) {
    case MatrixTileName::kMmaSync16:
      return "flashrnn::device::MmaSyncM16N8K16<" + input + ">";
    case MatrixTileName::kMmaSyncTf32:
      return "flashrnn::device::MmaSyncM16N8K8Tf32";
    case MatrixTileName::kFma:
      return "flashrnn::device::FmaTile<" + input + ", " + lanes + ", " + lanes + " / 8, 128 / " + lanes + ", 1, 4>";
    case MatrixTileName::kMfma16:
      return "flashrnn::device::Mfma16x16x16<" + input + ">";
    case MatrixTileName::kWmma16:
      return "flashrnn::device::Wmma16x16x16<" + input + ", " + lanes + ">";
  }
  return {};
}

}  // namespace

std::string to_string(const KernelSpec& spec) {
  std::string text(text_of(spec.kind).name);
  text += " " + spec.cell + " " + std::string(dtype_text(spec.element));
  text += " states=" + std::string(dtype_text(spec.state_element));
  text += " math=" + std::string(math_text(spec.math)) + " tile=" + std::string(text_of(spec.matrix_tile).name);
  for (const auto& [name, field] : kTileFields)
    text += " " + std::string(name) + "=" + std::to_string(spec.tile.*field);
  text += " exchange=" + std::string(exchange_text(spec.exchange)) + " flags=" + std::to_string(spec.flags);
  return text + " head_dim=" + std::to_string(spec.head_dim);
}

std::string_view header_of(KernelKind kind) { return text_of(kind).header; }
std::string_view template_of(KernelKind kind) { return text_of(kind).type; }

std::string type_name(const KernelSpec& spec, std::string_view device_type) {
  const CellSource* cell = cell_source(spec.cell);
  std::string tile;
  for (const auto& [name, field] : kTileFields) {
    tile += (tile.empty() ? "" : ", ") + std::to_string(spec.tile.*field);
  }
  return "flashrnn::kernel::" + std::string(template_of(spec.kind)) + "<" + std::string(device_type) +
         ", flashrnn::kernel::Config<" + (cell == nullptr ? "" : cell->type) + ", " +
         std::string(dtype_type(spec.element)) + ", " + std::string(dtype_type(spec.state_element)) + ", " +
         std::string(math_type(spec.math, spec.element)) + ", " +
         matrix_type(spec.matrix_tile, dtype_type(spec.element), device_type) + ", flashrnn::kernel::Tile{" + tile +
         "}, " + std::string(exchange_type(spec.exchange)) + ", " + std::to_string(spec.flags) + "u, " +
         std::to_string(spec.head_dim) + ">>";
}

std::vector<std::string_view> headers_of(const KernelSpec& spec) {
  std::vector<std::string_view> headers = {header_of(spec.kind), text_of(spec.matrix_tile).header};
  const CellSource* cell = cell_source(spec.cell);
  if (cell != nullptr && cell->header != nullptr) headers.emplace_back(cell->header);
  return headers;
}

kernel::Instruction instruction_of(MatrixTileName tile, std::int64_t lanes) {
  using device::Bf16;
  switch (tile) {
    case MatrixTileName::kMmaSync16:
      return kernel::instruction_of<device::MmaSyncM16N8K16<Bf16>>();
    case MatrixTileName::kMmaSyncTf32:
      return kernel::instruction_of<device::MmaSyncM16N8K8Tf32>();
    case MatrixTileName::kMfma16:
      return kernel::instruction_of<device::Mfma16x16x16<Bf16>>();
    case MatrixTileName::kWmma16:
      return lanes == 32 ? kernel::instruction_of<device::Wmma16x16x16<Bf16, 32>>()
                         : kernel::instruction_of<device::Wmma16x16x16<Bf16, 64>>();
    case MatrixTileName::kFma:
      break;
  }
  return lanes == 32 ? kernel::instruction_of<MultiplyAdd<float, 32>>()
                     : kernel::instruction_of<MultiplyAdd<float, 64>>();
}

}  // namespace flashrnn::gpu
