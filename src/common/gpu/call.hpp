// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#include "common/gpu/prepared.hpp"
#include "common/kernel/stepwise_parameters.hpp"

namespace flashrnn::gpu {

/// Kernels' parameters as the host fills them in. All element types have pointers of one size, so the host has no need
/// of theirs.
using Extents = kernel::Extents<kernel::Plain>;
using PackedWeights = kernel::PackedWeights<kernel::Plain, void>;
using ForwardParameters = kernel::ForwardParameters<kernel::Plain, void, void>;
using BackwardParameters = kernel::BackwardParameters<kernel::Plain, void, void>;
using PackParameters = kernel::PackParameters<kernel::Plain, void>;

/// One call of the API on its way to the device. Its buffers are named first, then `begin` and the launches follow.
/// No allocation.
class Call {
 public:
  using Use = Device::Buffer::Use;

  Call(const Prepared& prepared, void* stream) : p_(prepared), stream_(stream) {}
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// Each gives the memory back as kernels take it. What is null, or has no bytes, is null to kernels.
  template <typename T>
  T* buffer(const char* name, T* data, std::int64_t bytes, Use use) {
    if (data == nullptr || bytes <= 0) return nullptr;
    add(name, data, bytes, use);
    return data;
  }
  template <typename T>
  T* take(const Ledger& ledger, const void* base, BookingId id, Use use) {
    if (base == nullptr || !id.valid() || ledger.size(id) == 0) return nullptr;
    auto* data = static_cast<std::byte*>(const_cast<void*>(base)) + ledger.offset(id);
    add(ledger.name(id), data, static_cast<std::int64_t>(ledger.size(id)), use);
    return reinterpret_cast<T*>(data);
  }

  /// A tensor [states, rows, times, row_elements]; its strides are resolved.
  struct TensorShape {
    std::int64_t states = 1, rows = 1, times = 1, row_elements = 1, element_bytes = 4;
  };
  template <typename T, typename Tensor>
  kernel::Tensor<kernel::Plain, T> tensor(const char* name, const Tensor& given, const TensorShape& shape, Use use) {
    if (given.data == nullptr) return {};
    return {buffer(name, given.data, bytes_of(shape, given.stride_s, given.stride_b, given.stride_t), use),
            given.stride_s, given.stride_b, given.stride_t};
  }
  /// [S, B, N, D] of state_dtype.
  [[nodiscard]] TensorShape state_shape() const;
  /// [states, B, T, row_elements] or [states, M, row_elements] of dtype.
  [[nodiscard]] TensorShape sequence_shape(std::int64_t states, std::int64_t row_elements) const;

  /// The weights of a call that brings them packed, or R and b, which pack_if_needed packs into the workspace.
  /// `transposed`: the call reads R transposed, too.
  template <typename Args>
  PackedWeights weights(const Args& args, const Ledger& workspace, BookingId packed, bool transposed) {
    if (args.packed_weights != nullptr) return packed_weights(args.packed_weights, transposed, Use::kRead);
    return packed_weights(static_cast<std::byte*>(args.workspace) + workspace.offset(packed), args.R, args.b,
                          transposed);
  }
  /// R and b, which pack_if_needed packs to `to`.
  PackedWeights packed_weights(void* to, const void* R, const void* b, bool transposed);

  void begin();
  Status pack_if_needed();
  template <typename Parameters>
  Status launch(const Loaded& loaded, const Parameters& parameters) {
    static_assert(std::is_trivially_copyable_v<Parameters>, "A kernel's parameters are copied as bytes.");
    return p_.device->launch(*loaded.kernel, loaded.shape, &parameters, sizeof parameters, stream_);
  }
  /// Zeros in a booking at `target`, which is null where nothing is booked.
  Status clear(void* target, const Ledger& ledger, BookingId id) {
    return target == nullptr ? Status() : p_.device->clear(target, ledger.size(id), stream_);
  }

 private:
  static constexpr std::size_t kMostBuffers = 40;
  static std::int64_t bytes_of(const TensorShape& shape, std::int64_t stride_s, std::int64_t stride_b,
                               std::int64_t stride_t);
  PackedWeights packed_weights(const void* base, bool transposed, Use use);
  void add(const char* name, const void* data, std::int64_t bytes, Use use);

  const Prepared& p_;
  void* stream_;
  PackParameters pack_ = {};
  bool packs_ = false;
  bool begun_ = false;
  std::size_t count_ = 0;
  std::array<Device::Buffer, kMostBuffers> buffers_;
};

/// The sizes of the problem, without its rows. `sequence`: which states have a sequence tensor in this pass.
[[nodiscard]] Extents extents_of(const Prepared& p, flashrnn_sequence sequence);

/// Where the rows of a forward or backward lie.
template <typename Args>
void add_rows(Call& call, const Prepared& p, const Args& args, Extents* extents) {
  const Geometry& g = p.g;
  const Problem& problem = p.problem;
  using Use = Call::Use;
  if (problem.use_lengths) extents->lengths = call.buffer("lengths", args.lengths, g.batch * 8, Use::kRead);
  if (problem.packed) extents->cu_seqlens = call.buffer("cu_seqlens", args.cu_seqlens, (g.batch + 1) * 8, Use::kRead);
  if (!problem.use_resets) return;
  const std::int64_t bytes = problem.packed ? g.tokens : (g.batch - 1) * args.resets_stride_b + g.steps;
  extents->resets = call.buffer("resets", args.resets, bytes, Use::kRead);
  extents->resets_stride_b = args.resets_stride_b;
}

/// 1 where rows start at multiples of 16 bytes and a head's units fill such multiples.
[[nodiscard]] bool is_aligned(const Geometry& g);
template <typename T>
[[nodiscard]] bool is_aligned(const kernel::Tensor<kernel::Plain, T>& tensor, const Call::TensorShape& shape) {
  constexpr std::int64_t kBytes = 16;
  const auto fits = [&](std::int64_t extent, std::int64_t stride) {
    return extent == 1 || stride * shape.element_bytes % kBytes == 0;
  };
  return reinterpret_cast<std::uintptr_t>(tensor.data) % kBytes == 0 && fits(shape.states, tensor.stride_s) &&
         fits(shape.rows, tensor.stride_b) && fits(shape.times, tensor.stride_t);
}

}  // namespace flashrnn::gpu
