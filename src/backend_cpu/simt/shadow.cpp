// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/shadow.hpp"

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <utility>

namespace flashrnn::simt {
namespace {

// Zeroed by the system, which commits pages when they are touched.
Cell* map_cells(std::int64_t count) {
  void* memory = mmap(nullptr, static_cast<std::size_t>(count) * sizeof(Cell), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return static_cast<Cell*>(memory);
}

}  // namespace

Shadow::Shadow(std::int64_t bytes) : count_(bytes / kWord + 1) {
  words_ = map_cells(count_ * (1 + kWord));
  bytes_ = words_ + count_;
}

Shadow& Shadow::operator=(Shadow&& other) noexcept {
  std::swap(words_, other.words_);
  std::swap(bytes_, other.bytes_);
  std::swap(count_, other.count_);
  return *this;
}

Shadow::~Shadow() {
  if (words_ != nullptr) munmap(words_, static_cast<std::size_t>(count_ * (1 + kWord)) * sizeof(Cell));
}

Cell* Shadow::split(std::int64_t word) {
  Cell* cells = bytes_ + word * kWord;
  if ((words_[word].write & kSplit) == 0) {
    for (int i = 0; i < kWord; ++i) cells[i] = words_[word];
    words_[word].write = kSplit;
  }
  return cells;
}

void Shadow::set(std::int64_t offset, int bytes, Epoch write) {
  const Cell cell{write, {0, 0}};
  const std::int64_t end = offset + bytes;
  while (offset < end) {
    const std::int64_t word = offset / kWord;
    if (offset % kWord == 0 && offset + kWord <= end) {
      words_[word] = cell;
      offset += kWord;
      continue;
    }
    Cell* cells = split(word);
    const std::int64_t stop = word * kWord + kWord;
    for (; offset < end && offset < stop; ++offset) cells[offset % kWord] = cell;
    // Halves that one lane wrote one after the other are a word again.
    bool alike = true;
    for (int i = 1; i < kWord; ++i) alike = alike && cells[i] == cells[0];
    if (alike) words_[word] = cells[0];
  }
}

}  // namespace flashrnn::simt
