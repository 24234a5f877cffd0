// SPDX-License-Identifier: Apache-2.0
#include "common/gpu/bookings.hpp"

namespace flashrnn::gpu {
namespace {

std::int64_t packed_bytes(const PackedBookings& packed) { return static_cast<std::int64_t>(packed.ledger.bytes()); }

/// One value of each unit and row of the batch.
std::int64_t cells(const Geometry& g) { return product({g.batch, g.heads, g.padded_dim}); }

}  // namespace

PackedBookings book_packed(const Problem& problem, const Geometry& g) {
  PackedBookings b;
  const std::int64_t weights = product({g.recurrent_gates, g.heads, g.padded_dim, g.padded_dim});
  b.r = b.ledger.book("packed R", weights, g.element_bytes);
  if (problem.training) b.r_transposed = b.ledger.book("packed R transposed", weights, g.element_bytes);
  b.bias = b.ledger.book("packed bias", product({g.biases, g.heads, g.padded_dim}), 4);
  return b;
}

ReserveBookings book_reserve(const Problem& problem, const Geometry& g) {
  ReserveBookings b;
  if (!problem.training) return b;
  b.kept = b.ledger.book("kept", product({g.tokens, g.heads, g.reserve_values, g.padded_dim}), g.element_bytes);
  b.states = b.ledger.book("kept states", product({g.tokens, g.heads, g.states - 1, g.padded_dim}), 4);
  return b;
}

ForwardBookings book_forward(const Geometry& g, const PackedBookings& packed, bool stepwise,
                             const ExchangeSizes& exchange) {
  ForwardBookings b;
  b.packed = b.ledger.book("packed weights", packed_bytes(packed), 1);
  if (stepwise) {
    b.h = b.ledger.book("h", product({2, cells(g)}), g.element_bytes);
    b.states = b.ledger.book("states", product({g.states, cells(g)}), 4);
    if (g.two_stages) {
      b.operand = b.ledger.book("operand", cells(g), g.element_bytes);
      b.products = b.ledger.book("products", product({g.first_stage_gates, cells(g)}), 4);
    }
  }
  if (exchange.barrier_words > 0) b.barriers = b.ledger.book("barriers", exchange.barrier_words, 4);
  if (exchange.bytes > 0) b.exchange = b.ledger.book("exchange", exchange.bytes, 1);
  return b;
}

BackwardBookings book_backward(const Problem& problem, const Geometry& g, const PackedBookings& packed, bool stepwise,
                               const ExchangeSizes& exchange, std::int64_t partial_bytes) {
  BackwardBookings b;
  if (!problem.training) return b;
  b.packed = b.ledger.book("packed weights", packed_bytes(packed), 1);
  const std::int64_t token_cells = product({g.tokens, g.heads, g.padded_dim});
  b.gradients = b.ledger.book("gate gradients", product({g.gradient_slots, token_cells}), g.element_bytes);
  if (problem.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE) {
    b.kept = b.ledger.book("gates", product({g.kept_values, token_cells}), g.element_bytes);
  }
  if (stepwise) {
    b.dstates = b.ledger.book("dstates", product({g.states, cells(g)}), 4);
    if (problem.use_resets) b.dreset = b.ledger.book("dreset", product({g.states, cells(g)}), 4);
    if (g.two_stages) b.da = b.ledger.book("da", product({g.biases, cells(g)}), 4);
  }
  if (exchange.barrier_words > 0) b.barriers = b.ledger.book("barriers", exchange.barrier_words, 4);
  if (exchange.bytes > 0) b.exchange = b.ledger.book("exchange", exchange.bytes, 1);
  b.partial = b.ledger.book("partial sums", partial_bytes, 1);
  return b;
}

}  // namespace flashrnn::gpu
