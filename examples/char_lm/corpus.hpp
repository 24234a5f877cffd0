// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

/// A file as a sequence of token ids, one id for each distinct byte in it.
struct Corpus {
  std::vector<std::uint8_t> ids;
  std::string alphabet;          ///< the byte of each id
  std::array<int, 256> id_of{};  ///< -1 for bytes that do not occur

  explicit Corpus(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file.is_open() || !std::filesystem::is_regular_file(path)) {
      throw std::invalid_argument("'" + path + "' can't be read as a file; give a text file.");
    }
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    id_of.fill(-1);
    ids.reserve(text.size());
    for (const char c : text) {
      int& id = id_of[static_cast<unsigned char>(c)];
      if (id < 0) {
        id = static_cast<int>(alphabet.size());
        alphabet.push_back(c);
      }
      ids.push_back(static_cast<std::uint8_t>(id));
    }
  }
};

/// The corpus as `rows` parallel streams, read in windows of `time` tokens: row r goes on where its last window ended,
/// so that the state may be carried from window to window. After the last window the streams start again.
class Windows {
 public:
  Windows(const Corpus& corpus, std::size_t rows, std::size_t time)
      : corpus_(corpus), rows_(rows), time_(time), stream_(corpus.ids.size() / rows) {
    if (stream_ < time + 1) {
      throw std::invalid_argument("The file has " + std::to_string(corpus.ids.size()) + " bytes; with a batch of " +
                                  std::to_string(rows) + " and " + std::to_string(time) + " time steps at least " +
                                  std::to_string(rows * (time + 1)) +
                                  " are needed: give a longer file, or a smaller "
                                  "--batch or --time.");
    }
  }

  /// inputs and targets [rows, time]. True when the streams start again: the carried state has to be cleared.
  bool next(std::vector<std::uint8_t>& inputs, std::vector<std::uint8_t>& targets) {
    const bool restart = position_ == 0;
    for (std::size_t r = 0; r < rows_; ++r) {
      const std::uint8_t* from = corpus_.ids.data() + r * stream_ + position_;
      for (std::size_t t = 0; t < time_; ++t) {
        inputs[r * time_ + t] = from[t];
        targets[r * time_ + t] = from[t + 1];
      }
    }
    position_ += time_;
    if (position_ + time_ + 1 > stream_) position_ = 0;
    return restart;
  }

 private:
  const Corpus& corpus_;
  std::size_t rows_;
  std::size_t time_;
  std::size_t stream_;  ///< bytes per row
  std::size_t position_ = 0;
};
