// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cpu/chunk.hpp"
#include "backend_cpu/crew.hpp"
#include "backend_cpu/plan.hpp"

namespace flashrnn::cpu {

/// The gates of a chunk once more, from the states that the forward kept. All tokens are known, so the product runs
/// over many at once; each token's sums run in the same order as in the forward and give the same bits.
class Recompute {
 public:
  Recompute(const CpuPlan& plan, const Rows& rows, const void* packed, const flashrnn_const_tensor& Wx,
            const SavedTokens& saved, float* chunk_saved, std::byte* scratch)
      : plan_(plan),
        g_(plan.g),
        rows_(rows),
        packed_(packed),
        Wx_(Wx),
        saved_(saved),
        chunk_saved_(chunk_saved),
        scratch_(scratch) {}

  void run(const Chunk& chunk, Crew& crew);

 private:
  struct Scratch;
  void block(const Chunk& chunk, std::int64_t head, std::int64_t first, std::int64_t count, Scratch& s);
  void load_tokens(const Chunk& chunk, std::int64_t head, std::int64_t first, std::int64_t count, Scratch& s);
  void product(int stage, std::int64_t head, std::int64_t count, std::int64_t u0, std::int64_t u1, Scratch& s);
  void bind(std::int64_t head, std::int64_t count, std::int64_t u0, std::int64_t u1, Scratch& s, PointwiseForward* p);

  const CpuPlan& plan_;
  const Geometry& g_;
  const Rows& rows_;
  const void* packed_;
  const flashrnn_const_tensor& Wx_;
  const SavedTokens& saved_;
  float* chunk_saved_;
  std::byte* scratch_;
};

}  // namespace flashrnn::cpu
