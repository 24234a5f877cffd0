// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/kernel/config.hpp"
#include "flashrnn/flashrnn.h"

/// One kernel of common/kernel for one device: what the run-time compiler instantiates and the cache is asked for.
/// Plain value. A kernel's C++ type is `kernel::<kind's template><Device, kernel::Config<...>>`.
namespace flashrnn::gpu {

enum class KernelKind : std::uint8_t {
  kPackWeights,
  kFusedForward,
  kFusedBackward,
  kStepwiseForward,
  kStepwiseBackward,
  kRecompute,
  kWeightGradient,
  kWeightGradientSum,
};

/// The matrix tiles of common/device by name.
enum class MatrixTileName : std::uint8_t { kMmaSync16, kMmaSyncTf32, kFma, kMfma16, kWmma16 };

struct KernelSpec {
  KernelKind kind = KernelKind::kPackWeights;
  std::string cell;  ///< a registered cell's name
  flashrnn_dtype element = FLASHRNN_F32;
  flashrnn_dtype state_element = FLASHRNN_F32;
  flashrnn_math math = FLASHRNN_MATH_EXACT;
  MatrixTileName matrix_tile = MatrixTileName::kFma;
  kernel::Tile tile;
  kernel::Exchange exchange = kernel::Exchange::kBlock;
  std::uint32_t flags = kernel::kRuntimeFlags;
  std::int32_t head_dim = 0;  ///< 0: any

  bool operator==(const KernelSpec&) const = default;
};

/// The same text for equal specs only: for keys, logs and messages.
[[nodiscard]] std::string to_string(const KernelSpec& spec);

/// The header that declares a kind's template ("common/kernel/fused_forward_kernel.hpp") and the template's name.
[[nodiscard]] std::string_view header_of(KernelKind kind);
[[nodiscard]] std::string_view template_of(KernelKind kind);

/// The kernel's whole type for a device type ("flashrnn::cuda::CudaDevice"). Its cell is registered and built for GPUs.
[[nodiscard]] std::string type_name(const KernelSpec& spec, std::string_view device_type);
/// The library's headers that the type needs, the device's apart. A cell of the user's own has its text besides
/// (cell_source.hpp).
[[nodiscard]] std::vector<std::string_view> headers_of(const KernelSpec& spec);

/// The tile's geometry on a device with warps of so many lanes.
[[nodiscard]] kernel::Instruction instruction_of(MatrixTileName tile, std::int64_t lanes);

}  // namespace flashrnn::gpu
