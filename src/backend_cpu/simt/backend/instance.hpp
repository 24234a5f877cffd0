// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <type_traits>

#include "backend_cpu/simt/backend/chosen_math.hpp"
#include "backend_cpu/simt/backend/kernel_table.hpp"
#include "backend_cpu/simt/simt_device.hpp"
#include "common/device/tile_fma.hpp"
#include "common/device/tile_mfma.hpp"
#include "common/device/tile_mma_sync.hpp"
#include "common/kernel/config.hpp"
#include "common/kernel/parameters.hpp"

/// Turns kernel templates into entries of the table.
namespace flashrnn::simt {

/// A kernel's parameters for the host.
template <class Parameters>
struct PlainOf;
template <template <class, class...> class Parameters, class D, class... Elements>
struct PlainOf<Parameters<D, Elements...>> {
  using Type = Parameters<kernel::Plain, Elements...>;
};

template <class D, class K>
Status launch_instance(const LaunchConfig& config, CallMemory& memory, const void* parameters, std::size_t bytes) {
  using Plain = typename PlainOf<typename K::Parameters>::Type;
  static_assert(std::is_trivially_copyable_v<Plain>, "Parameters are copied as bytes.");
  if (bytes != sizeof(Plain)) {
    return {FLASHRNN_INTERNAL_ERROR, config.kernel + " was launched with parameters of another size than its own"};
  }
  Plain plain;
  std::memcpy(static_cast<void*>(&plain), parameters, sizeof plain);
  const typename K::Parameters converted =
      plain.template convert<D>([&](auto* address) { return memory.map(address); });
  return launch<D>(config, memory.memory(), [&](D& dev) { K::run(dev, converted); });
}

template <class Element>
inline constexpr flashrnn_dtype kDtype = std::is_same_v<Element, device::Bf16>   ? FLASHRNN_BF16
                                         : std::is_same_v<Element, device::Fp16> ? FLASHRNN_F16
                                                                                 : FLASHRNN_F32;

/// The matrix tile that the emulation has for an element type: mma.sync with 32 lanes, MFMA with 64, lanes' own
/// multiply-adds for fp32.
template <int Lanes, class Element>
struct MatrixOf {
  using Type = std::conditional_t<Lanes == 32, device::MmaSyncM16N8K16<Element>, device::Mfma16x16x16<Element>>;
  static constexpr gpu::MatrixTileName kName =
      Lanes == 32 ? gpu::MatrixTileName::kMmaSync16 : gpu::MatrixTileName::kMfma16;
};
template <int Lanes>
struct MatrixOf<Lanes, float> {
  using Type = device::FmaTile<float, Lanes, Lanes / 8, 128 / Lanes, 1, 4>;
  static constexpr gpu::MatrixTileName kName = gpu::MatrixTileName::kFma;
};

/// One kernel for the table. Template: a kernel of common/kernel.
template <template <class, class> class Template, int Lanes, class Cell, class Element, class StateElement,
          kernel::Tile kTile, kernel::Exchange kExchange = kernel::Exchange::kBlock>
KernelInstance make_instance(gpu::KernelKind kind) {
  using D = SimtDevice<Lanes>;
  using C = kernel::Config<Cell, Element, StateElement, ChosenMath, typename MatrixOf<Lanes, Element>::Type, kTile,
                           kExchange, kernel::kRuntimeFlags, 0>;
  using K = Template<D, C>;
  KernelInstance instance;
  instance.spec.kind = kind;
  instance.spec.cell = Cell::kName;
  instance.spec.element = kDtype<Element>;
  instance.spec.state_element = kDtype<StateElement>;
  instance.spec.matrix_tile = MatrixOf<Lanes, Element>::kName;
  instance.spec.tile = kTile;
  instance.spec.exchange = kExchange;
  instance.lanes = Lanes;
  instance.threads = K::kThreads;
  instance.shared_bytes = std::is_empty_v<typename K::Shared> ? 0 : sizeof(typename K::Shared);
  instance.launch = launch_instance<D, K>;
  return instance;
}

}  // namespace flashrnn::simt
