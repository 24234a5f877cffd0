// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// How a kernel cuts its work, and what that takes. The planner chooses a Tile; the kernel is instantiated with it and
/// asserts that its shared-memory struct and registers are what the functions here say. The same figures stand as
/// constraints in the .constrint files beside this one.
namespace flashrnn::kernel {

/// One matrix instruction of a warp: [rows, k] x [k, units], rows of the batch by units (columns) of the result.
struct Instruction {
  std::int64_t rows = 16;
  std::int64_t units = 8;
  std::int64_t k = 16;
  /// 32-bit registers of a lane for each operand and the sum.
  std::int64_t a_registers = 4;
  std::int64_t b_registers = 2;
  std::int64_t c_registers = 4;
  std::int64_t lanes = 32;

  bool operator==(const Instruction&) const = default;
};

/// What of the cell and the types decides a kernel's resources.
struct Needs {
  std::int64_t gates = 4;        ///< recurrent
  std::int64_t input_gates = 4;  ///< of Wx
  std::int64_t bias_gates = 4;
  std::int64_t states = 2;
  /// Values of each unit and step beyond h that a forward pass keeps, or a backward pass reads, in global memory.
  std::int64_t reserve_values = 0;
  std::int64_t element_bytes = 2;

  bool operator==(const Needs&) const = default;
};

/// Tiles are counted in the instruction's rows, units and k. A group of blocks shares one head (or block_heads small
/// ones) and row_tiles of the batch. Forward: R as [gates of the block's units, K = D]. Backward: R transposed, as [K =
/// gates of the block's units, all D columns].
struct Tile {
  std::int64_t row_tiles = 1;
  std::int64_t block_heads = 1;
  std::int64_t group_blocks = 1;
  std::int64_t block_unit_tiles = 1;  ///< that a block owns
  std::int64_t unit_warps = 1;        ///< warps side by side over the result's columns
  std::int64_t k_warps = 1;           ///< warps that each add up a part of K
  /// Columns of a warp: forward unit tiles of every gate, backward unit tiles of all D.
  std::int64_t warp_unit_tiles = 1;
  std::int64_t warp_k_tiles = 1;
  /// Of a warp's k tiles of R: in registers, then in shared memory, the rest read from the second-level cache each
  /// step.
  std::int64_t register_k = 1;
  std::int64_t shared_k = 0;
  std::int64_t stages = 4;  ///< of the ring that brings Wx, or the reserve

  bool operator==(const Tile&) const = default;
};

/// Against bank conflicts, and the alignment of 16-byte copies: added to every row in shared memory.
inline constexpr std::int64_t kRowPadding = 16;
/// Barriers of the ring and of the exchange.
inline constexpr std::int64_t kBarrierBytes = 128;
/// Addresses, counters, and what the compiler keeps between instructions.
inline constexpr std::int64_t kFixedRegisters = 40;

constexpr std::int64_t threads(const Instruction& i, const Tile& t) {
  return i.lanes * t.unit_warps * t.k_warps * t.block_heads;
}
constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
constexpr std::int64_t max_of(std::int64_t a, std::int64_t b) { return a > b ? a : b; }

}  // namespace flashrnn::kernel
