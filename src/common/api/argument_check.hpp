// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/api/handles.hpp"
#include "common/api/memory_map.hpp"
#include "common/api/tensor_check.hpp"
#include "common/runtime/status.hpp"

/// Checks that several calls share. Each adds the memory it checked to `memory`.
namespace flashrnn::api {

/// INVALID_ARGUMENT naming `field` when the pointer is there and must not be, or the reverse. `reason` completes the
/// sentence: "because the plan has training 1".
Status check_presence(const char* field, const void* pointer, bool wanted, const char* reason);

/// A buffer whose size the plan told. `size_field`: "workspace_size"; `sizes_field`: its name in flashrnn_sizes.
/// With needed == 0 the buffer is not looked at.
Status check_buffer(const char* field, const void* data, const char* size_field, std::size_t size,
                    const char* sizes_field, std::size_t needed, Access access, MemoryMap* memory);

/// R, b and packed weights as forward, backward and step take them.
Status check_weights(const flashrnn_plan& plan, const void* R, const void* b, const void* packed_weights,
                     std::size_t packed_weights_size, MemoryMap* memory);

/// Which tokens a call has.
struct Tokens {
  std::int64_t times =
      0;  ///< the extent of the t dimension: T; PACKED: the call's tokens, 1 where only the device knows
};

/// lengths, cu_seqlens, resets and resets_stride_b, the last one resolved. Their contents are read where the host can.
Status check_tokens(const flashrnn_plan& plan, const std::int64_t* lengths, const std::int64_t* cu_seqlens,
                    const std::uint8_t* resets, std::int64_t* resets_stride_b, Tokens* tokens, MemoryMap* memory);

/// [B, T, Gx, N, D], or PACKED [M, Gx, N, D].
TensorSpec gates_spec(const Problem& problem, const Tokens& tokens, const char* name, Access access);
/// [1 or S, B, T, N, D], or PACKED [1 or S, M, N, D]. `sequence` is not NONE.
TensorSpec sequence_spec(const Problem& problem, const Tokens& tokens, flashrnn_sequence sequence, const char* name,
                         Access access);
/// [S, B, N, D] in state_dtype.
TensorSpec state_spec(const Problem& problem, const char* name, Access access);

}  // namespace flashrnn::api
