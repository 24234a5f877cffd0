// SPDX-License-Identifier: Apache-2.0
#include "common/gpu/call.hpp"

#include <algorithm>

namespace flashrnn::gpu {

Call::~Call() {
  if (begun_) p_.device->end_call();
}

void Call::add(const char* name, const void* data, std::int64_t bytes, Use use) {
  if (count_ == kMostBuffers) return;  // the emulation will say that a kernel reaches what nobody named
  buffers_[count_++] = {name, data, static_cast<std::size_t>(bytes), use};
}

std::int64_t Call::bytes_of(const TensorShape& shape, std::int64_t stride_s, std::int64_t stride_b,
                            std::int64_t stride_t) {
  if (shape.states == 0 || shape.rows == 0 || shape.times == 0) return 0;
  return ((shape.states - 1) * stride_s + (shape.rows - 1) * stride_b + (shape.times - 1) * stride_t +
          shape.row_elements) *
         shape.element_bytes;
}

Call::TensorShape Call::state_shape() const {
  const Geometry& g = p_.g;
  return {g.states, g.batch, 1, g.heads * g.head_dim, g.state_bytes};
}

Call::TensorShape Call::sequence_shape(std::int64_t states, std::int64_t row_elements) const {
  const Geometry& g = p_.g;
  if (p_.problem.packed) return {states, 1, g.tokens, row_elements, g.element_bytes};
  return {states, g.batch, g.steps, row_elements, g.element_bytes};
}

PackedWeights Call::packed_weights(const void* base, bool transposed, Use use) {
  const PackedBookings& b = p_.packed;
  PackedWeights weights;
  weights.r = take<const void>(b.ledger, base, b.r, use);
  if (transposed) weights.r_transposed = take<const void>(b.ledger, base, b.r_transposed, use);
  weights.bias = take<const float>(b.ledger, base, b.bias, use);
  return weights;
}

PackedWeights Call::packed_weights(void* to, const void* R, const void* b, bool transposed) {
  const Geometry& g = p_.g;
  const std::int64_t row_bytes = g.heads * g.head_dim * g.element_bytes;
  const PackedWeights weights = packed_weights(to, transposed, Use::kScratch);
  pack_.r = buffer("R", R, g.recurrent_gates * g.head_dim * row_bytes, Use::kRead);
  pack_.b = buffer("b", b, g.biases * row_bytes, Use::kRead);
  pack_.packed_r = const_cast<void*>(weights.r);
  pack_.packed_r_transposed = const_cast<void*>(weights.r_transposed);
  pack_.packed_bias = const_cast<float*>(weights.bias);
  pack_.heads = static_cast<std::int32_t>(g.heads);
  pack_.head_dim = static_cast<std::int32_t>(g.head_dim);
  pack_.padded_dim = static_cast<std::int32_t>(g.padded_dim);
  packs_ = true;
  return weights;
}

void Call::begin() {
  p_.device->begin_call(buffers_.data(), count_);
  begun_ = true;
}

Status Call::pack_if_needed() { return packs_ ? launch(p_.pack, pack_) : Status(); }

Extents extents_of(const Prepared& p, flashrnn_sequence sequence) {
  const Problem& problem = p.problem;
  Extents e;
  e.batch = p.g.batch;
  e.steps = p.g.steps;
  e.tokens = p.g.tokens;
  e.heads = static_cast<std::int32_t>(p.g.heads);
  e.head_dim = static_cast<std::int32_t>(p.g.head_dim);
  e.padded_dim = static_cast<std::int32_t>(p.g.padded_dim);
  e.forward_clip = problem.forward_clip;
  e.gradient_clip = problem.gradient_clip;
  e.flags = flags_of(problem, sequence);
  return e;
}

bool is_aligned(const Geometry& g) { return g.head_dim * g.element_bytes % 16 == 0; }

}  // namespace flashrnn::gpu
