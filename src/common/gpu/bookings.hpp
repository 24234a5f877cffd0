// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/gpu/geometry.hpp"
#include "common/runtime/ledger.hpp"

/// What lies where in the buffers that the caller supplies.
namespace flashrnn::gpu {

/// kernel::PackedWeights.
struct PackedBookings {
  Ledger ledger;
  BookingId r, r_transposed, bias;
};

/// kernel::Reserve.
struct ReserveBookings {
  Ledger ledger;
  BookingId kept, states;
};

/// Of a forward or a step. What a form does not use is not booked.
struct ForwardBookings {
  Ledger ledger;
  BookingId packed;  ///< PackedBookings, where a call brings R itself
  BookingId h, states, operand, products;
  BookingId barriers, exchange;
};

struct BackwardBookings {
  Ledger ledger;
  BookingId packed;
  BookingId gradients, kept, dstates, dreset, da;
  BookingId barriers, exchange;
  BookingId partial;  ///< of the weight gradient
};

/// What the blocks of a grid share.
struct ExchangeSizes {
  std::int64_t barrier_words = 0;
  std::int64_t bytes = 0;
};

[[nodiscard]] PackedBookings book_packed(const Problem& problem, const Geometry& g);
[[nodiscard]] ReserveBookings book_reserve(const Problem& problem, const Geometry& g);
[[nodiscard]] ForwardBookings book_forward(const Geometry& g, const PackedBookings& packed, bool stepwise,
                                           const ExchangeSizes& exchange);
[[nodiscard]] BackwardBookings book_backward(const Problem& problem, const Geometry& g, const PackedBookings& packed,
                                             bool stepwise, const ExchangeSizes& exchange, std::int64_t partial_bytes);

}  // namespace flashrnn::gpu
