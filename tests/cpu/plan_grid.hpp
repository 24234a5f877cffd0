// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <vector>

#include "backend_cpu/facts.hpp"
#include "backend_cpu/plan.hpp"
#include "common/runtime/cell_registry.hpp"
#include "hw_db/database.hpp"

/// Problems and CPUs for tests of the choices.
namespace flashrnn::cpu {

/// The files built into the library, whatever the environment says.
inline const hw::Database& database() {
  static const hw::Database loaded = hw::Database::load({.folder = {}, .read_environment = false, .embedded = true});
  return loaded;
}

/// Every CPU, families too: an unknown member has a family's figures.
inline std::vector<const hw::Device*> cpus() {
  std::vector<const hw::Device*> found;
  for (const hw::Device& device : database().devices())
    if (device.kind == hw::Kind::kCpu) found.push_back(&device);
  return found;
}

inline Problem problem_of(const char* cell, flashrnn_dtype dtype, bool training, std::int64_t B, std::int64_t T,
                          std::int64_t N, std::int64_t D) {
  Problem p;
  p.cell = find_cell(cell);
  p.dtype = dtype;
  p.training = training;
  p.batch = B;
  p.time = T;
  p.heads = N;
  p.head_dim = D;
  p.tokens = B * T;
  return p;
}

/// All of the grid, or with `every` > 1 each of so many, in an order that mixes the sizes.
inline std::vector<Problem> problem_grid(std::size_t every) {
  std::vector<Problem> all;
  for (const char* cell : {"lstm", "gru", "gru_reset_before", "elman", "elman_relu", "slstm"})
    for (const flashrnn_dtype dtype : {FLASHRNN_F32, FLASHRNN_F16, FLASHRNN_BF16})
      for (const bool training : {false, true})
        for (const std::int64_t B : {1, 2, 3, 7, 16, 61, 64, 127, 256, 512})
          for (const std::int64_t N : {1, 2, 5, 12, 64})
            for (const std::int64_t D : {1, 5, 16, 31, 32, 64, 97, 128, 257, 768, 1021, 4096})
              all.push_back(problem_of(cell, dtype, training, B, 128, N, D));
  std::vector<Problem> chosen;
  // A step that shares no factor with the sizes of the grid's dimensions.
  constexpr std::size_t kStep = 7919;
  for (std::size_t i = 0; i < all.size() / every; ++i) chosen.push_back(all[i * kStep % all.size()]);
  return chosen;
}

/// The whole grid where $FLASHRNN_FULL_GRID is set; a thin one under the address sanitizer.
inline std::size_t grid_share(std::size_t every) {
  if (std::getenv("FLASHRNN_FULL_GRID") != nullptr) return 1;
#ifdef FLASHRNN_SANITIZE_ADDRESS
  return 16 * every;
#else
  return every;
#endif
}

}  // namespace flashrnn::cpu
