// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/scene.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace flashrnn::fuzz {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

/// The contract's meaning of 0 strides, and of those that do not count.
flashrnn_tensor resolved(const Shape& s, flashrnn_tensor t) {
  std::int64_t dense = s.row;
  const auto resolve = [&](std::int64_t extent, std::int64_t* stride) {
    if (extent == 0) return;
    if (*stride == 0 || extent == 1) *stride = dense;
    dense = *stride * extent;
  };
  resolve(s.dense_times, &t.stride_t);
  resolve(s.batch, &t.stride_b);
  resolve(s.states, &t.stride_s);
  return t;
}

std::int64_t extent(const Shape& s, const flashrnn_tensor& t) {
  if (s.dense_times > 0 && s.times == 0) return 0;
  const auto span = [](std::int64_t count, std::int64_t stride) { return count > 1 ? (count - 1) * stride : 0; };
  return s.row + span(s.times, t.stride_t) + span(s.batch, t.stride_b) + span(s.states, t.stride_s);
}

template <typename Visit>
void for_each_row(const Shape& s, const flashrnn_tensor& t, const Visit& visit) {
  const std::int64_t times = s.dense_times > 0 ? s.times : 1;
  for (std::int64_t i = 0; i < std::max<std::int64_t>(s.states, 1); ++i) {
    for (std::int64_t b = 0; b < std::max<std::int64_t>(s.batch, 1); ++b) {
      for (std::int64_t k = 0; k < times; ++k) visit(i * t.stride_s + b * t.stride_b + k * t.stride_t);
    }
  }
}

}  // namespace

Area* Scene::add(std::size_t bytes, Use use) {
  pieces_.push_back({std::make_unique<Area>(bytes), use, {}, {}, true});
  return pieces_.back().area.get();
}

/// Zeros, small floats, or any bits: NaN, Inf, denormals.
void Scene::fill(Area* area, std::int64_t element) {
  const std::int64_t kind = in_->below(4);
  std::uint32_t state = 2463534242U + in_->byte();
  const auto next = [&] {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
  };
  for (std::size_t i = 0; i + static_cast<std::size_t>(element) <= area->size();
       i += static_cast<std::size_t>(element)) {
    std::uint32_t bits = 0;
    if (kind == 3) {
      bits = next();
    } else if (kind > 0) {
      const float value = static_cast<float>(next() % 2001) / 1000.0F - 1.0F;
      std::memcpy(&bits, &value, sizeof bits);
      // The upper half of a float is a bf16, and a small fp16 too.
      if (element == 2) bits = (bits >> 16) & 0xbfffU;
    }
    std::memcpy(area->data() + i, &bits, static_cast<std::size_t>(element));
  }
}

void Scene::draw_strides(const Shape& s, flashrnn_tensor* t) {
  const std::int64_t pad = in_->below(4);
  switch (in_->below(6)) {
    case 1:  // padded, in the usual order
      if (s.dense_times > 0) t->stride_t = s.row + pad;
      if (s.batch > 0) t->stride_b = std::max<std::int64_t>(s.dense_times, 1) * (s.row + pad) + pad;
      if (s.states > 0) {
        t->stride_s =
            std::max<std::int64_t>(s.batch, 1) * (std::max<std::int64_t>(s.dense_times, 1) * (s.row + pad) + pad);
      }
      break;
    case 2:  // states innermost, then batch, then time
      if (s.states > 0) t->stride_s = s.row + pad;
      if (s.batch > 0) t->stride_b = std::max<std::int64_t>(s.states, 1) * (s.row + pad);
      if (s.dense_times > 0) {
        t->stride_t = std::max<std::int64_t>(s.states, 1) * std::max<std::int64_t>(s.batch, 1) * (s.row + pad);
      }
      break;
    default:
      break;
  }
  if (!in_->rarely(48)) return;
  struct Choice {
    std::int64_t* stride;
    std::int64_t extent;
  };
  const Choice choices[] = {{&t->stride_s, s.states}, {&t->stride_b, s.batch}, {&t->stride_t, s.dense_times}};
  const Choice& c = choices[in_->below(3)];
  if (c.extent == 0) {
    *c.stride = in_->pick<std::int64_t>({1, -1, kMax});  // a dimension that is not there
  } else if (c.extent == 1 || s.row == 1) {
    *c.stride = -1;
  } else {
    *c.stride = in_->pick<std::int64_t>({-1, s.row - 1, kMax, -kMax, kMax / c.extent + 1});
  }
  fault = "a stride";
}

flashrnn_tensor Scene::tensor(const Shape& shape, Use use, bool required) {
  flashrnn_tensor t = {};
  if (!required && in_->rarely(6)) {
    t.stride_b = in_->pick<std::int64_t>({0, -1, kMax});  // not looked at
    return t;
  }
  const char* const before = std::exchange(fault, nullptr);
  draw_strides(shape, &t);
  if (use == Use::kWrite && shape.batch > 1 && shape.times > 1 && in_->rarely(64)) {
    t.stride_t = t.stride_b = shape.row;  // windows: fine to read, not to write
    fault = "overlapping rows";
  }
  const bool strides_are_sound = fault == nullptr;
  if (strides_are_sound) fault = before;
  const flashrnn_tensor real = strides_are_sound ? resolved(shape, t) : flashrnn_tensor{};
  // With a bad stride the call must fail without looking: a single row is enough.
  const std::int64_t elements = strides_are_sound ? extent(shape, real) : shape.row;
  Area* const area = add(static_cast<std::size_t>(elements * shape.element), use);
  fill(area, shape.element);
  pieces_.back().shape = shape;
  pieces_.back().tensor = real;
  pieces_.back().whole = !strides_are_sound;
  t.data = spoil_pointer<void>(area->data(), shape.element, required);
  if (use == Use::kWrite && elements > 0 && t.data == area->data()) t.data = spoil_place(t.data);
  return t;
}

flashrnn_const_tensor Scene::input(const Shape& shape, bool required) {
  const flashrnn_tensor t = tensor(shape, Use::kRead, required);
  return {t.data, t.stride_s, t.stride_b, t.stride_t};
}

void* Scene::array(std::int64_t elements, std::int64_t element, Use use, bool required) {
  if (!required && in_->rarely(6)) return nullptr;
  Area* const area = add(static_cast<std::size_t>(elements * element), use);
  fill(area, element);
  void* const data = spoil_pointer<void>(area->data(), element, required);
  return use == Use::kWrite && data == area->data() ? spoil_place(data) : data;
}

void* Scene::buffer(std::size_t needed, Use use, std::size_t* size) {
  const std::size_t more = needed > 0 && in_->rarely(16) ? 64 : 0;
  Area* const area = add(needed + more, use);
  *size = needed + more;
  if (needed == 0) return area->data();
  if (in_->rarely(48)) {
    *size = in_->pick<std::size_t>({needed - 1, 0, needed / 2});
    fault = "a short buffer";
  }
  if (in_->rarely(64)) {
    fault = "a misaligned buffer";
    return area->data() + in_->pick({1, 8, 32, 63});
  }
  return spoil_pointer<void>(area->data(), 1, true);
}

void* Scene::spoil_place(void* output) {
  if (pieces_.size() < 2 || !in_->rarely(64)) return output;
  const Piece& other = pieces_[static_cast<std::size_t>(in_->below(static_cast<std::int64_t>(pieces_.size()) - 1))];
  if (other.area->size() == 0) return output;
  fault = "an output on other memory";
  return other.area->data();
}

void Scene::snapshot() {
  for (Piece& piece : pieces_) piece.area->snapshot();
}

void Scene::check(bool succeeded) const {
  for (const Piece& piece : pieces_) {
    piece.area->check_guards();
    if (succeeded && piece.use == Use::kScratch) continue;
    if (!succeeded || piece.use == Use::kRead) {
      FUZZ_CHECK(!piece.area->changed(), "a %s call changed %s memory of %zu bytes",
                 succeeded ? "successful" : "failed", piece.use == Use::kRead ? "input" : "output", piece.area->size());
      continue;
    }
    if (piece.whole) continue;
    std::vector<bool> is_row(piece.area->size());
    const auto row_bytes = static_cast<std::ptrdiff_t>(piece.shape.row * piece.shape.element);
    for_each_row(piece.shape, piece.tensor, [&](std::int64_t offset) {
      const auto begin = is_row.begin() + static_cast<std::ptrdiff_t>(offset * piece.shape.element);
      std::fill(begin, begin + row_bytes, true);
    });
    for (std::size_t i = 0; i < is_row.size(); ++i) {
      FUZZ_CHECK(is_row[i] || !piece.area->changed_at(i), "byte %zu between the rows of an output was written", i);
    }
  }
}

std::vector<std::byte> Scene::outputs() const {
  std::vector<std::byte> bytes;
  for (const Piece& piece : pieces_) {
    if (piece.use == Use::kWrite)
      bytes.insert(bytes.end(), piece.area->data(), piece.area->data() + piece.area->size());
  }
  return bytes;
}

}  // namespace flashrnn::fuzz
