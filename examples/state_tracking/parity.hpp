// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

/// Random bit strings of random lengths, each prefix labelled with its parity.
struct ParityBatch {
  std::size_t time;
  std::vector<std::uint8_t> bits;     ///< [rows, time]
  std::vector<std::uint8_t> parity;   ///< [rows, time]: parity of bits 0..t
  std::vector<float> weight;          ///< [rows, time]: 1 / labelled prefixes of the batch, 0 behind a row's end
  std::vector<std::int64_t> lengths;  ///< [rows]

  /// Lengths are uniform in [shortest, longest]; longest <= time.
  ParityBatch(std::size_t rows, std::size_t time, std::size_t shortest, std::size_t longest, std::mt19937_64& random)
      : time(time), bits(rows * time), parity(rows * time), weight(rows * time), lengths(rows) {
    std::size_t labelled = 0;
    for (std::size_t r = 0; r < rows; ++r) {
      const std::size_t length = shortest + random() % (longest - shortest + 1);
      lengths[r] = static_cast<std::int64_t>(length);
      labelled += length;
      std::uint8_t odd = 0;
      for (std::size_t t = 0; t < length; ++t) {
        const auto bit = static_cast<std::uint8_t>(random() >> 63);
        odd ^= bit;
        bits[r * time + t] = bit;
        parity[r * time + t] = odd;
        weight[r * time + t] = 1.0F;
      }
    }
    for (float& w : weight) w /= static_cast<float>(labelled);
  }
};
