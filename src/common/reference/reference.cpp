// SPDX-License-Identifier: Apache-2.0
#include "common/reference/reference.hpp"

#include <stdexcept>
#include <string>

#include "common/reference/recurrence.hpp"

namespace flashrnn::reference {
namespace {

constexpr CellInfo kInfos[] = {
    {"lstm", 4, 4, 4, 2, {"h", "c"}}, {"gru", 3, 3, 4, 1, {"h"}},        {"gru_reset_before", 3, 3, 3, 1, {"h"}},
    {"elman", 1, 1, 1, 1, {"h"}},     {"elman_relu", 1, 1, 1, 1, {"h"}}, {"slstm", 4, 4, 4, 4, {"h", "c", "n", "m"}},
};

void require(bool holds, const char* what) {
  if (!holds) throw std::invalid_argument(std::string("reference: ") + what);
}

// An optional tensor is empty or whole.
void require_size(const std::vector<double>& tensor, std::int64_t size, bool optional, const char* what) {
  if (optional && tensor.empty()) return;
  if (static_cast<std::int64_t>(tensor.size()) == size) return;
  throw std::invalid_argument("reference: " + std::string(what) + " has " + std::to_string(tensor.size()) +
                              " elements, the problem asks for " + std::to_string(size));
}

void check(const Problem& p, const Inputs& inputs) {
  require(p.batch >= 1 && p.time >= 1 && p.heads >= 1 && p.head_dim >= 1, "B, T, N and D must be at least 1");
  if (p.packed) {
    require(static_cast<std::int64_t>(p.cu_seqlens.size()) == p.batch + 1, "cu_seqlens must have B + 1 elements");
    require(p.lengths.empty(), "lengths and packing exclude each other");
    require(p.cu_seqlens.front() == 0, "cu_seqlens must start at 0");
  }
  require(p.lengths.empty() || static_cast<std::int64_t>(p.lengths.size()) == p.batch, "lengths must have B elements");
  for (std::int64_t row = 0; row < p.batch; ++row) {
    require(p.length(row) >= 0 && p.length(row) <= p.time, "a row's length must be in [0, T]");
  }
  require(p.resets.empty() || static_cast<std::int64_t>(p.resets.size()) == p.tokens(),
          "resets must have one mark a token");
  const CellInfo& cell = info(p.cell);
  const std::int64_t units = p.heads * p.head_dim;
  require_size(inputs.Wx, p.tokens() * cell.input_gates * units, false, "Wx");
  require_size(inputs.R, cell.recurrent_gates * units * p.head_dim, false, "R");
  require_size(inputs.b, cell.biases * units, true, "b");
  require_size(inputs.initial_states, cell.states * p.batch * units, true, "initial_states");
  require_size(inputs.reset_states, cell.states * p.batch * units, true, "reset_states");
}

void check(const Problem& p, const OutputGradients& output) {
  const CellInfo& cell = info(p.cell);
  const std::int64_t units = p.heads * p.head_dim;
  const bool h_alone = static_cast<std::int64_t>(output.states.size()) == p.tokens() * units;
  require_size(output.states, (h_alone ? 1 : cell.states) * p.tokens() * units, true, "gradient of the states");
  require_size(output.final_states, cell.states * p.batch * units, true, "gradient of the final states");
}

template <class P, class Visitor>
auto with_cell(const Problem& problem, const Inputs& inputs, Visitor visitor) {
  check(problem, inputs);
  switch (problem.cell) {
    case Cell::kLstm:
      return visitor(Recurrence<P, LstmStep<P>>(problem, inputs));
    case Cell::kGru:
      return visitor(Recurrence<P, GruStep<P>>(problem, inputs));
    case Cell::kGruResetBefore:
      return visitor(Recurrence<P, GruResetBeforeStep<P>>(problem, inputs));
    case Cell::kElman:
      return visitor(Recurrence<P, ElmanStep<P, false>>(problem, inputs));
    case Cell::kElmanRelu:
      return visitor(Recurrence<P, ElmanStep<P, true>>(problem, inputs));
    case Cell::kSlstm:
      return visitor(Recurrence<P, SlstmStep<P>>(problem, inputs));
  }
  throw std::invalid_argument("reference: unknown cell");
}

template <class P>
Result run_as(const Problem& problem, const Inputs& inputs, const OutputGradients& output) {
  check(problem, output);
  return with_cell<P>(problem, inputs, [&](auto recurrence) {
    Result result;
    result.forward = recurrence.forward();
    result.gradients = recurrence.backward(output);
    return result;
  });
}

}  // namespace

const CellInfo& info(Cell cell) { return kInfos[static_cast<int>(cell)]; }

std::optional<Cell> find_cell(std::string_view name) {
  for (const Cell cell : kCells) {
    if (info(cell).name == name) return cell;
  }
  return std::nullopt;
}

std::int64_t Problem::length(std::int64_t row) const {
  if (packed) return cu_seqlens[row + 1] - cu_seqlens[row];
  return lengths.empty() ? time : lengths[row];
}

std::int64_t Problem::first_token(std::int64_t row) const { return packed ? cu_seqlens[row] : row * time; }

ForwardResult forward(const Problem& problem, const Inputs& inputs) {
  return with_cell<Exact>(problem, inputs, [](auto recurrence) { return recurrence.forward(); });
}

Result run(const Problem& problem, const Inputs& inputs, const OutputGradients& output_gradients) {
  return run_as<Exact>(problem, inputs, output_gradients);
}

Result plain_run(const Problem& problem, const Inputs& inputs, const OutputGradients& output_gradients,
                 Precision precision) {
  switch (precision) {
    case Precision::kF32:
      return run_as<Rounded<Precision::kF32>>(problem, inputs, output_gradients);
    case Precision::kTf32:
      return run_as<Tf32Products>(problem, inputs, output_gradients);
    case Precision::kF16:
      return run_as<Rounded<Precision::kF16>>(problem, inputs, output_gradients);
    case Precision::kBf16:
      return run_as<Rounded<Precision::kBf16>>(problem, inputs, output_gradients);
    case Precision::kF64:
      break;
  }
  return run(problem, inputs, output_gradients);
}

}  // namespace flashrnn::reference
