// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/runtime/status.hpp"

namespace flashrnn {

/// What the library knows of a cell: its counts, and the kernels that backends instantiated for it. Static data of the
/// translation unit that registers it; never moved, never freed.
struct CellRegistration {
  const char* name;              ///< letters, digits and '_', at most kMaxCellName
  std::int32_t input_gates;      ///< Gx
  std::int32_t recurrent_gates;  ///< Gr
  std::int32_t biases;           ///< Gb
  std::int32_t states;           ///< S
  const void* cpu_kernels;       ///< backend_cpu/simd/cell_kernels.hpp: CpuCell; null = not built for CPUs
  const void* gpu_source;         ///< common/gpu/cell_source.hpp: CellSource; null = not for GPUs
};

inline constexpr std::size_t kMaxCellName = 63;
/// Each of a cell's four counts is in [1, kMaxCellCount].
inline constexpr std::int32_t kMaxCellCount = 8;

/// Grows with every change of CellRegistration or of what its pointers point to. A cell that was built with another
/// version's headers is refused, not misread.
inline constexpr int kCellRegistrationVersion = 3;

/// Adds a cell. Thread-safe; meant for static initialisers and start-up. Adding the same registration again is no
/// error. Errors: INVALID_ARGUMENT when the name is malformed or taken by another registration, or a count is out of
/// range.
Status register_cell(const CellRegistration* cell);

/// Null when there is none. Thread-safe.
const CellRegistration* find_cell(std::string_view name);

std::int32_t cell_count();
/// Null when `index` is out of range. Built-in cells come first, in the order of flashrnn.h.
const CellRegistration* cell_at(std::int32_t index);

/// "lstm, gru, ...": all names, for messages.
std::string cell_names();

}  // namespace flashrnn

/// How a cell that was compiled into a user's own target (flashrnn_add_cell) enters the library. `registration` is a
/// flashrnn::CellRegistration of `registration_size` bytes that lives as long as the process; `version` is the
/// kCellRegistrationVersion that it was built with. Errors (also in flashrnn_last_error): UNSUPPORTED when version or
/// size are not this library's, INVALID_ARGUMENT as register_cell. Not for other use: it may change in any release.
extern "C" FLASHRNN_API flashrnn_status flashrnn_internal_register_cell(const void* registration,
                                                                        std::size_t registration_size, int version);
