// SPDX-License-Identifier: Apache-2.0
#include "workload.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "error.hpp"
#include "execution.hpp"
#include "text.hpp"
#include "verify/random.hpp"

namespace flashrnn::tool {
namespace {

Tensor random_tensor(std::vector<std::int64_t> shape, flashrnn_dtype dtype, double limit, std::uint64_t seed) {
  Tensor tensor(std::move(shape), dtype);
  verify::Random random(seed);
  for (std::size_t i = 0; i < tensor.elements(); ++i) tensor.set(i, random.real(-limit, limit));
  return tensor;
}

}  // namespace

std::vector<std::int64_t> Workload::sequence_shape(std::vector<std::int64_t> head,
                                                   const std::vector<std::int64_t>& tail) const {
  if (problem.layout == FLASHRNN_PACKED) {
    head.push_back(tokens);
  } else {
    head.insert(head.end(), {problem.batch, problem.time});
  }
  head.insert(head.end(), tail.begin(), tail.end());
  return head;
}

std::vector<std::int64_t> Workload::state_shape() const {
  return {cell.states, problem.batch, problem.heads, problem.head_dim};
}

std::int64_t Workload::sequence_states() const {
  if (problem.output_sequence == FLASHRNN_SEQUENCE_NONE) return 0;
  return problem.output_sequence == FLASHRNN_SEQUENCE_ALL ? cell.states : 1;
}

Workload lay_out(const ProblemOptions& options, const std::vector<std::int64_t>& lengths) {
  Workload w;
  w.problem = to_problem(options);
  w.cell = find_cell(options.cell);
  const std::int64_t whole = w.problem.batch * w.problem.time;
  w.steps = lengths.empty() ? whole : std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
  w.tokens = options.packed ? w.steps : whole;
  if (options.packed) {
    w.problem.tokens = w.tokens;
    w.cu_seqlens.push_back(0);
    for (std::int64_t b = 0; b < w.problem.batch; ++b) {
      w.cu_seqlens.push_back(w.cu_seqlens.back() + (lengths.empty() ? w.problem.time : lengths[b]));
    }
  } else {
    w.lengths = lengths;
    w.problem.use_lengths = lengths.empty() ? 0 : 1;
  }
  return w;
}

Workload random_workload(const Context& context, const ProblemOptions& options, std::uint64_t seed) {
  // Sizes that the library refuses must not reach the arithmetic below.
  const Plan refuses_bad_sizes(context, to_problem(options));
  Workload w = lay_out(options, row_lengths(options, seed));
  if (w.tokens == 0) throw UsageError("Every row is empty; give --lengths with a number above 0.");
  w.problem.use_resets = options.resets > 0 ? 1 : 0;
  require_memory(context, w);

  const flashrnn_problem& p = w.problem;
  const double weight_limit = 1.0 / std::sqrt(static_cast<double>(p.head_dim));
  const std::uint64_t stream = seed * 16;  // a stream of numbers for each tensor
  w.Wx = random_tensor(w.sequence_shape({}, {w.cell.input_gates, p.heads, p.head_dim}), p.dtype, 1.0, stream + 1);
  w.R = random_tensor({w.cell.recurrent_gates, p.heads, p.head_dim, p.head_dim}, p.dtype, weight_limit, stream + 2);
  w.b = random_tensor({w.cell.biases, p.heads, p.head_dim}, p.dtype, weight_limit, stream + 3);
  if (w.sequence_states() > 0) {
    w.dstates = random_tensor(w.sequence_shape({w.sequence_states()}, {p.heads, p.head_dim}), p.dtype, 1.0, stream + 4);
  }
  w.dfinal_states = random_tensor(w.state_shape(), p.state_dtype, 1.0, stream + 5);
  if (p.use_resets == 1) {
    w.reset_states = random_tensor(w.state_shape(), p.state_dtype, 0.5, stream + 6);
    verify::Random random(stream + 7);
    w.resets.resize(static_cast<std::size_t>(w.tokens));
    for (std::int64_t i = 0; i < w.tokens; ++i) {
      const bool behind_end = !w.lengths.empty() && i % p.time >= w.lengths[static_cast<std::size_t>(i / p.time)];
      w.resets[static_cast<std::size_t>(i)] = random.chance(options.resets) && !behind_end ? 1 : 0;
    }
  }
  return w;
}

void require_memory(const Context& context, const Workload& w) {
  const auto pages = static_cast<double>(sysconf(_SC_PHYS_PAGES));
  const double memory = pages * static_cast<double>(sysconf(_SC_PAGESIZE));
  const double needed = Execution::bytes_needed(context, w);
  if (needed <= memory) return;
  throw DeviceError("This problem needs " + bytes_text(static_cast<std::int64_t>(std::min(needed, 9e18))) +
                    " of memory and the machine has " + bytes_text(static_cast<std::int64_t>(memory)) +
                    "; give a smaller -B, -T, -N or -D, or --reserve recompute.");
}

}  // namespace flashrnn::tool
