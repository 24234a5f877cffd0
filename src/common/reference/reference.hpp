// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/reference/rounding.hpp"

/// The oracle of every test: the recurrence and its gradients in fp64, written from the equations.
///
/// Shape letters are those of flashrnn.h; all tensors are dense and row-major. `tokens` is B * T for padded problems
/// (token b * T + t) and cu_seqlens[B] for packed ones (token cu_seqlens[b] + t). Every function throws
/// std::invalid_argument when a size does not fit the problem.
namespace flashrnn::reference {

enum class Cell { kLstm, kGru, kGruResetBefore, kElman, kElmanRelu, kSlstm };
inline constexpr std::array kCells = {Cell::kLstm,  Cell::kGru,       Cell::kGruResetBefore,
                                      Cell::kElman, Cell::kElmanRelu, Cell::kSlstm};

struct CellInfo {
  std::string_view name;
  int input_gates;      ///< Gx
  int recurrent_gates;  ///< Gr
  int biases;           ///< Gb
  int states;           ///< S
  std::array<std::string_view, 4> state_names;
};
const CellInfo& info(Cell cell);
std::optional<Cell> find_cell(std::string_view name);

struct Problem {
  Cell cell = Cell::kLstm;
  std::int64_t batch = 0;
  std::int64_t time = 0;
  std::int64_t heads = 0;
  std::int64_t head_dim = 0;
  bool packed = false;
  std::vector<std::int64_t> cu_seqlens;  ///< [B + 1] when packed
  std::vector<std::int64_t> lengths;     ///< [B]; empty = all T
  std::vector<std::uint8_t> resets;      ///< [tokens]; empty = none
  double forward_clip = 0.0;             ///< 0 = off
  double gradient_clip = 0.0;            ///< 0 = off
  bool gradient_cut = false;
  bool reverse = false;
  bool linear = false;  ///< every activation replaced by the identity

  [[nodiscard]] std::int64_t tokens() const { return packed ? cu_seqlens.back() : batch * time; }
  [[nodiscard]] std::int64_t length(std::int64_t row) const;
  [[nodiscard]] std::int64_t first_token(std::int64_t row) const;
};

/// Empty vectors stand for zeros, except Wx and R, which are required.
struct Inputs {
  std::vector<double> Wx;              ///< [tokens, Gx, N, D]
  std::vector<double> R;               ///< [Gr, N, D, D]
  std::vector<double> b;               ///< [Gb, N, D]
  std::vector<double> initial_states;  ///< [S, B, N, D]
  std::vector<double> reset_states;    ///< [S, B, N, D]
};

struct ForwardResult {
  std::vector<double> states;        ///< [S, tokens, N, D]; 0 behind a row's end
  std::vector<double> final_states;  ///< [S, B, N, D]
};

/// The gradients of the loss with respect to the results; empty = zeros.
struct OutputGradients {
  std::vector<double> states;        ///< [S, tokens, N, D], or [1, tokens, N, D] for h alone
  std::vector<double> final_states;  ///< [S, B, N, D]
};

struct Gradients {
  std::vector<double> dWx;              ///< as Wx; 0 behind a row's end
  std::vector<double> dR;               ///< as R
  std::vector<double> db;               ///< as b
  std::vector<double> dinitial_states;  ///< as initial_states
  std::vector<double> dreset_states;    ///< as reset_states
};

struct Result {
  ForwardResult forward;
  Gradients gradients;
};

ForwardResult forward(const Problem& problem, const Inputs& inputs);

/// Forward and backward.
Result run(const Problem& problem, const Inputs& inputs, const OutputGradients& output_gradients);

/// The same recurrence as an eager framework of the given precision runs it: everything that an operation produces is
/// rounded, states and gradients included, and matrix products accumulate in fp32. dR and db are one product and one
/// sum over all steps, rounded once. Its distance from `run` is the yardstick of the error bounds.
Result plain_run(const Problem& problem, const Inputs& inputs, const OutputGradients& output_gradients,
                 Precision precision);

}  // namespace flashrnn::reference
