// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "backend_cpu/simt/clock.hpp"

namespace flashrnn::simt {

/// Who did something, and when: 0 = nobody ever. Flags, thread of the grid (or number of the mbarrier), time.
using Epoch = std::uint64_t;
inline constexpr int kTimeBits = 40;
inline constexpr int kThreadBits = 20;
inline constexpr Epoch kTimeMask = (Epoch{1} << kTimeBits) - 1;
inline constexpr Epoch kInFlight = Epoch{1} << 63;    // an asynchronous write that nobody may meet yet
inline constexpr Epoch kByMbarrier = Epoch{1} << 62;  // ended with a phase of an mbarrier
inline constexpr Epoch kAtomic = Epoch{1} << 61;
inline constexpr Epoch kSplit = Epoch{1} << 60;  // of a word: its bytes have pasts of their own

constexpr Epoch make_epoch(std::uint64_t thread, Time time) { return thread << kTimeBits | time; }
constexpr Time epoch_time(Epoch epoch) { return epoch & kTimeMask; }
constexpr std::uint32_t epoch_thread(Epoch epoch) {
  return static_cast<std::uint32_t>(epoch >> kTimeBits) & ((1U << kThreadBits) - 1);
}

/// What is remembered of one byte: its last write and two of the reads since. A third reader replaces one that it came
/// after, else one of the two at random: another seed remembers others.
struct Cell {
  Epoch write = 0;
  Epoch read[2] = {0, 0};
  bool operator==(const Cell&) const = default;
};

/// The past of a range of bytes. Exact for every byte; most are accessed by words of 4, which share a cell until a
/// narrower access splits them.
class Shadow {
 public:
  Shadow() = default;
  explicit Shadow(std::int64_t bytes);
  Shadow(Shadow&& other) noexcept { *this = static_cast<Shadow&&>(other); }
  Shadow& operator=(Shadow&& other) noexcept;
  ~Shadow();

  explicit operator bool() const { return words_ != nullptr; }
  /// visit(cell, offset) for the cells of the range, one a word or one a byte. It may change them.
  template <class Visit>
  void each(std::int64_t offset, int bytes, Visit visit) {
    const std::int64_t end = offset + bytes;
    while (offset < end) {
      Cell& word = words_[offset / kWord];
      if (offset % kWord == 0 && offset + kWord <= end && (word.write & kSplit) == 0) {
        visit(word, offset);
        offset += kWord;
      } else {
        Cell* cells = split(offset / kWord);
        const std::int64_t stop = offset / kWord * kWord + kWord;
        for (; offset < end && offset < stop; ++offset) visit(cells[offset % kWord], offset);
      }
    }
  }
  /// The same for a range whose cells all have the same past, which is common: one visit stands for all. Returns false,
  /// without a visit, for others.
  template <class Visit>
  bool all_alike(std::int64_t offset, int bytes, Visit visit) {
    if (offset % kWord != 0 || bytes % kWord != 0) return false;
    Cell* first = words_ + offset / kWord;
    const std::int64_t count = bytes / kWord;
    if ((first->write & kSplit) != 0) return false;
    for (std::int64_t i = 1; i < count; ++i) {
      if (!(first[i] == *first)) return false;
    }
    visit(*first, offset);
    for (std::int64_t i = 1; i < count; ++i) first[i] = *first;
    return true;
  }
  /// Forgets the past of the range: only this write has been.
  void set(std::int64_t offset, int bytes, Epoch write);
  /// The last write to the word at `offset`, which is not split.
  [[nodiscard]] Epoch word_write(std::int64_t offset) const { return words_[offset / kWord].write; }

 private:
  static constexpr std::int64_t kWord = 4;
  Cell* split(std::int64_t word);

  Cell* words_ = nullptr;
  Cell* bytes_ = nullptr;   // of split words
  std::int64_t count_ = 0;  // words
};

}  // namespace flashrnn::simt
