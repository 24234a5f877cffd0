// SPDX-License-Identifier: Apache-2.0
#include "workload_files.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "error.hpp"
#include "text.hpp"
#include "verify/npy.hpp"

namespace flashrnn::tool {
namespace {

using Shape = std::vector<std::int64_t>;

class Folder {
 public:
  explicit Folder(std::filesystem::path path) : path_(std::move(path)) {
    std::error_code error;
    if (!std::filesystem::is_directory(path_, error)) {
      throw UsageError("The folder '" + path_.string() +
                       "' can't be read; give --input a folder with Wx.npy and R.npy.");
    }
  }

  [[nodiscard]] bool has(const std::string& name) const { return std::filesystem::exists(path_ / name); }

  [[nodiscard]] verify::Array read(const std::string& name) const {
    if (!has(name)) throw UsageError("The folder '" + path_.string() + "' has no " + name + ", which is required.");
    try {
      return verify::read_npy(path_ / name);
    } catch (const std::runtime_error& error) {
      throw UsageError(std::string(error.what()) + ".");
    }
  }

  /// Absent when there is no such file.
  [[nodiscard]] Tensor tensor(const std::string& name, const Shape& shape, flashrnn_dtype dtype) const {
    if (!has(name)) return {};
    const verify::Array array = read(name);
    expect_shape(name, array.shape, shape);
    Tensor tensor(shape, dtype);
    for (std::size_t i = 0; i < array.data.size(); ++i) tensor.set(i, array.data[i]);
    return tensor;
  }

  /// Whole numbers within [0, most]; empty when there is no such file.
  template <typename Integer>
  [[nodiscard]] std::vector<Integer> integers(const std::string& name, const Shape& shape, double most) const {
    std::vector<Integer> values;
    if (!has(name)) return values;
    const verify::Array array = read(name);
    expect_shape(name, array.shape, shape);
    for (const double value : array.data) {
      if (!(value >= 0.0 && value <= most) || value != std::floor(value)) {
        throw UsageError(name + " has the value " + format("%g", value) + "; it takes whole numbers from 0 to " +
                         format("%.0f", most) + ".");
      }
      values.push_back(static_cast<Integer>(value));
    }
    return values;
  }

 private:
  static void expect_shape(const std::string& name, const Shape& shape, const Shape& expected) {
    if (shape == expected) return;
    throw UsageError(name + " has the shape " + shape_text(shape) +
                     "; for this cell and the shape of Wx.npy it must be " + shape_text(expected) + ".");
  }

  std::filesystem::path path_;
};

/// The sizes of Wx [B, T, Gx, N, D] or, packed, [M, Gx, N, D] into `options`. T of a packed problem is its longest row.
void take_sizes(const Shape& shape, const Shape& cu_seqlens, const flashrnn_cell_info& cell,
                const std::set<std::string>& given, ProblemOptions& options) {
  const bool packed = !cu_seqlens.empty();
  const std::size_t first = packed ? 1 : 2;  // the gate's place in the shape
  if (shape.size() != first + 3 || shape[first] != cell.input_gates ||
      *std::min_element(shape.begin(), shape.end()) < 1) {
    throw UsageError("Wx.npy has the shape " + shape_text(shape) + "; for the cell " + cell.name + " it must be " +
                     (packed ? "[M, " : "[B, T, ") + std::to_string(cell.input_gates) + ", N, D]" +
                     (packed ? ", as there is a cu_seqlens.npy." : "."));
  }
  const auto take = [&](const std::string& option, std::int64_t& target, std::int64_t value) {
    if (given.contains(option) && target != value) {
      throw UsageError(option + " is " + std::to_string(target) + " and the files of --input say " +
                       std::to_string(value) + "; leave the option away.");
    }
    target = value;
  };
  if (packed) {
    std::int64_t longest = 1;
    for (std::size_t b = 0; b + 1 < cu_seqlens.size(); ++b) {
      longest = std::max(longest, cu_seqlens[b + 1] - cu_seqlens[b]);
    }
    take("--batch", options.batch, static_cast<std::int64_t>(cu_seqlens.size()) - 1);
    take("--time", options.time, longest);
  } else {
    take("--batch", options.batch, shape[0]);
    take("--time", options.time, shape[1]);
  }
  take("--heads", options.heads, shape[first + 1]);
  take("--head-dim", options.head_dim, shape[first + 2]);
}

/// Row lengths out of cu_seqlens, which must start at 0, not fall, and end at `tokens`.
Shape packed_lengths(const Shape& cu_seqlens, std::int64_t tokens) {
  Shape lengths;
  bool right = cu_seqlens.size() >= 2 && cu_seqlens.front() == 0 && cu_seqlens.back() == tokens;
  for (std::size_t b = 0; b + 1 < cu_seqlens.size(); ++b) {
    lengths.push_back(cu_seqlens[b + 1] - cu_seqlens[b]);
    right = right && lengths.back() >= 0;
  }
  if (!right) {
    throw UsageError("cu_seqlens.npy must start at 0, must not fall, and must end at M = " + std::to_string(tokens) +
                     ", the tokens of Wx.npy.");
  }
  return lengths;
}

/// The shape that dstates.npy must have, by what it has: [S, ...] for every state; [1, ...], or without that 1, for h.
Shape expected_dstates(Workload& w, const Shape& shape) {
  const Shape of_one = w.sequence_shape({}, {w.problem.heads, w.problem.head_dim});
  const bool all = shape.size() > of_one.size() && w.cell.states > 1 && shape.front() == w.cell.states;
  w.problem.gradient_sequence = all ? FLASHRNN_SEQUENCE_ALL : FLASHRNN_SEQUENCE_H;
  if (shape.size() <= of_one.size()) return of_one;
  return w.sequence_shape({all ? w.cell.states : 1}, {w.problem.heads, w.problem.head_dim});
}

}  // namespace

Workload read_workload(const Context& context, ProblemOptions& options, const std::set<std::string>& given,
                       const std::filesystem::path& path) {
  const Folder folder(path);
  const flashrnn_cell_info cell = find_cell(options.cell);
  const Shape Wx_shape = folder.read("Wx.npy").shape;
  Shape lengths;
  options.packed = folder.has("cu_seqlens.npy");
  if (options.packed) {
    const Shape cu_shape = folder.read("cu_seqlens.npy").shape;
    const std::int64_t tokens = Wx_shape.empty() ? 0 : Wx_shape.front();
    const auto cu_seqlens = folder.integers<std::int64_t>("cu_seqlens.npy", {cu_shape.empty() ? 0 : cu_shape.front()},
                                                          static_cast<double>(tokens));
    lengths = packed_lengths(cu_seqlens, tokens);
    take_sizes(Wx_shape, cu_seqlens, cell, given, options);
  } else {
    take_sizes(Wx_shape, {}, cell, given, options);
    lengths = folder.integers<std::int64_t>("lengths.npy", {options.batch}, static_cast<double>(options.time));
  }
  if (!lengths.empty() && !options.packed) options.lengths = "lengths.npy";

  Workload w = lay_out(options, lengths);
  w.resets = folder.integers<std::uint8_t>("resets.npy", w.sequence_shape({}, {}), 1.0);
  w.problem.use_resets = w.resets.empty() ? 0 : 1;
  const flashrnn_problem& p = w.problem;
  Shape dstates_shape;
  if (folder.has("dstates.npy")) dstates_shape = expected_dstates(w, folder.read("dstates.npy").shape);
  require_memory(context, w);
  w.Wx = folder.tensor("Wx.npy", Wx_shape, p.dtype);
  w.R = folder.tensor("R.npy", {cell.recurrent_gates, p.heads, p.head_dim, p.head_dim}, p.dtype);
  if (!w.R.present()) throw UsageError("The folder '" + path.string() + "' has no R.npy, which is required.");
  w.b = folder.tensor("b.npy", {cell.biases, p.heads, p.head_dim}, p.dtype);
  w.initial_states = folder.tensor("initial_states.npy", w.state_shape(), p.state_dtype);
  w.reset_states = folder.tensor("reset_states.npy", w.state_shape(), p.state_dtype);
  w.dstates = folder.tensor("dstates.npy", dstates_shape, p.dtype);
  w.dfinal_states = folder.tensor("dfinal_states.npy", w.state_shape(), p.state_dtype);
  return w;
}

}  // namespace flashrnn::tool
