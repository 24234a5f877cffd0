// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "common/reference/cell_steps.hpp"
#include "common/reference/reference.hpp"

namespace flashrnn::reference {

/// The time loop around a cell's step, forward and backward, under the rounding policy P.
template <class P, class Step>
class Recurrence {
  using Sum = typename P::Sum;
  using Row = std::vector<double>;  // one value per (head, unit), index n * D + d

 public:
  Recurrence(const Problem& problem, const Inputs& inputs)
      : problem_(problem),
        inputs_(inputs),
        cell_(info(problem.cell)),
        math_{problem.linear},
        dim_(static_cast<std::size_t>(problem.head_dim)),
        units_(static_cast<std::size_t>(problem.heads * problem.head_dim)),
        rows_(static_cast<std::size_t>(problem.batch)),
        tokens_(static_cast<std::size_t>(problem.tokens())),
        R_(operands(inputs.R)) {}

  ForwardResult forward() {
    ForwardResult result;
    result.states.assign(cell_.states * tokens_ * units_, 0.0);
    result.final_states.resize(cell_.states * rows_ * units_);
    entering_.assign(cell_.states * tokens_ * units_, 0.0);
    products_.assign(cell_.recurrent_gates * tokens_ * units_, 0.0);
    for (std::size_t row = 0; row < rows_; ++row) {
      std::vector<Row> states = load_states(inputs_.initial_states, row);
      const std::int64_t length = problem_.length(static_cast<std::int64_t>(row));
      for (std::int64_t step = 0; step < length; ++step) {
        const std::size_t token = token_of(row, step, length);
        if (is_reset(token)) states = load_states(inputs_.reset_states, row);
        store(states, entering_, tokens_, token);
        forward_step(token, states);
        store(states, result.states, tokens_, token);
      }
      store(states, result.final_states, rows_, row);
    }
    return result;
  }

  /// After forward().
  Gradients backward(const OutputGradients& output) {
    Gradients gradients;
    gradients.dWx.assign(inputs_.Wx.size(), 0.0);
    gradients.dinitial_states.assign(cell_.states * rows_ * units_, 0.0);
    gradients.dreset_states.assign(cell_.states * rows_ * units_, 0.0);
    dR_.assign(R_.size(), Sum{0});
    db_.assign(cell_.biases * units_, Sum{0});
    for (std::size_t row = 0; row < rows_; ++row) backward_row(row, output, gradients);
    for (const Sum value : dR_) gradients.dR.push_back(P::round(value));
    for (const Sum value : db_) gradients.db.push_back(P::round(value));
    return gradients;
  }

 private:
  // Sequence step `step` of a row, in processing order, as a token.
  [[nodiscard]] std::size_t token_of(std::size_t row, std::int64_t step, std::int64_t length) const {
    const std::int64_t t = problem_.reverse ? length - 1 - step : step;
    return static_cast<std::size_t>(problem_.first_token(static_cast<std::int64_t>(row)) + t);
  }
  [[nodiscard]] bool is_reset(std::size_t token) const {
    return !problem_.resets.empty() && problem_.resets[token] != 0;
  }

  // Row `index` of a tensor [states, count, N, D]; states that the tensor lacks are zeros.
  [[nodiscard]] std::vector<Row> load(const std::vector<double>& tensor, std::size_t count, std::size_t index) const {
    std::vector<Row> states(cell_.states, Row(units_, 0.0));
    for (std::size_t s = 0; s < states.size() && (s + 1) * count * units_ <= tensor.size(); ++s) {
      for (std::size_t u = 0; u < units_; ++u) states[s][u] = tensor[(s * count + index) * units_ + u];
    }
    return states;
  }
  // States arrive in a format of their own; the plain run brings them into its precision first.
  [[nodiscard]] std::vector<Row> load_states(const std::vector<double>& tensor, std::size_t row) const {
    std::vector<Row> states = load(tensor, rows_, row);
    for (Row& state : states) {
      for (double& value : state) value = P::round(value);
    }
    return states;
  }
  void store(const std::vector<Row>& states, std::vector<double>& tensor, std::size_t count, std::size_t index) const {
    for (std::size_t s = 0; s < states.size(); ++s) {
      for (std::size_t u = 0; u < units_; ++u) tensor[(s * count + index) * units_ + u] = states[s][u];
    }
  }

  [[nodiscard]] Element element(std::size_t token, std::size_t unit) const {
    Element e{};
    for (int g = 0; g < cell_.input_gates; ++g) e.wx[g] = inputs_.Wx[wx_index(token, g, unit)];
    for (int g = 0; g < cell_.recurrent_gates; ++g) e.rh[g] = products_[(g * tokens_ + token) * units_ + unit];
    for (int g = 0; g < cell_.biases; ++g) e.b[g] = inputs_.b.empty() ? 0.0 : inputs_.b[g * units_ + unit];
    for (int s = 0; s < cell_.states; ++s) e.state[s] = entering_[(s * tokens_ + token) * units_ + unit];
    return e;
  }
  [[nodiscard]] std::size_t wx_index(std::size_t token, int gate, std::size_t unit) const {
    return (token * cell_.input_gates + gate) * units_ + unit;
  }

  // As matrix products read them.
  static std::vector<Sum> operands(const std::vector<double>& values) {
    std::vector<Sum> result;
    result.reserve(values.size());
    for (const double value : values) result.push_back(static_cast<Sum>(P::operand(value)));
    return result;
  }

  // products_[gate, token] = R[gate] operand, head by head.
  void multiply(int gate, std::size_t token, const Row& operand) {
    const std::vector<Sum> x = operands(operand);
    for (std::size_t u = 0; u < units_; ++u) {
      const Sum* weights = R_.data() + (gate * units_ + u) * dim_;
      const Sum* head = x.data() + u / dim_ * dim_;
      Sum sum{0};
      for (std::size_t p = 0; p < dim_; ++p) sum += weights[p] * head[p];
      products_[(gate * tokens_ + token) * units_ + u] = P::round(sum);
    }
  }

  // sum += R[gate]^T d, and dR[gate] += d operand^T.
  void multiply_back(int gate, const Row& d, const Row& operand, std::vector<Sum>& sum) {
    const std::vector<Sum> x = operands(operand);
    for (std::size_t u = 0; u < units_; ++u) {
      const std::size_t weights = (gate * units_ + u) * dim_;
      const std::size_t head = u / dim_ * dim_;
      const Sum value = static_cast<Sum>(P::operand(d[u]));
      for (std::size_t p = 0; p < dim_; ++p) {
        sum[head + p] += R_[weights + p] * value;
        dR_[weights + p] += value * x[head + p];
      }
    }
  }

  // r * h, what gate n of a reset-before cell multiplies.
  [[nodiscard]] Row reset_operand(std::size_t token, const Row& h) const {
    Row operand(units_);
    for (std::size_t u = 0; u < units_; ++u) operand[u] = P::round(Step::reset_gate(math_, element(token, u)) * h[u]);
    return operand;
  }

  void forward_step(std::size_t token, std::vector<Row>& states) {
    const Row h = states[0];
    for (int g = 0; g < cell_.recurrent_gates; ++g) {
      if (Step::kResetBefore && g == 2) continue;
      multiply(g, token, h);
    }
    if constexpr (Step::kResetBefore) multiply(2, token, reset_operand(token, h));
    for (std::size_t u = 0; u < units_; ++u) {
      double next[4] = {};
      Step::forward(math_, element(token, u), next);
      next[0] = clamp(next[0], problem_.forward_clip);
      for (std::size_t s = 0; s < states.size(); ++s) states[s][u] = next[s];
    }
  }

  void backward_row(std::size_t row, const OutputGradients& output, Gradients& gradients) {
    std::vector<Row> dstates = load_states(output.final_states, row);
    const std::int64_t length = problem_.length(static_cast<std::int64_t>(row));
    for (std::int64_t step = length - 1; step >= 0; --step) {
      const std::size_t token = token_of(row, step, length);
      const std::vector<Row> outside = load(output.states, tokens_, token);
      for (std::size_t s = 0; s < dstates.size(); ++s) {
        for (std::size_t u = 0; u < units_; ++u) dstates[s][u] = P::round(dstates[s][u] + outside[s][u]);
      }
      backward_step(token, dstates, gradients);
      if (!is_reset(token)) continue;
      for (std::size_t s = 0; s < dstates.size(); ++s) {
        for (std::size_t u = 0; u < units_; ++u) {
          double& sum = gradients.dreset_states[(s * rows_ + row) * units_ + u];
          sum = P::round(sum + dstates[s][u]);
          dstates[s][u] = 0.0;
        }
      }
    }
    store(dstates, gradients.dinitial_states, rows_, row);
  }

  // Turns the gradients of the states after a step into those of the states before it.
  void backward_step(std::size_t token, std::vector<Row>& dstates, Gradients& gradients) {
    const Row h = load(entering_, tokens_, token)[0];
    std::vector<Row> drh(cell_.recurrent_gates, Row(units_));
    std::vector<Element> elements(units_);
    std::vector<ElementGradient> d(units_);
    for (std::size_t u = 0; u < units_; ++u) {
      elements[u] = element(token, u);
      double next[4] = {};
      Step::forward(math_, elements[u], next);
      double dnext[4] = {};
      for (std::size_t s = 0; s < dstates.size(); ++s) dnext[s] = dstates[s][u];
      dnext[0] = clamp_gradient(dnext[0], next[0], problem_.forward_clip);
      Step::backward(math_, elements[u], dnext, d[u]);
    }

    Row through_product(units_, 0.0);  // what reaches h through r * h
    if constexpr (Step::kResetBefore) {
      for (std::size_t u = 0; u < units_; ++u) drh[2][u] = d[u].rh[2];
      std::vector<Sum> dproduct(units_, Sum{0});
      multiply_back(2, drh[2], reset_operand(token, h), dproduct);
      for (std::size_t u = 0; u < units_; ++u) {
        const double dq = P::round(dproduct[u]);
        set_gate_gradient(d[u], 0, Step::reset_gradient(math_, elements[u], dq));
        through_product[u] = P::round(dq * Step::reset_gate(math_, elements[u]));
      }
    }

    std::vector<Sum> through_R(units_, Sum{0});
    for (int g = 0; g < cell_.recurrent_gates; ++g) {
      if (Step::kResetBefore && g == 2) continue;
      for (std::size_t u = 0; u < units_; ++u) drh[g][u] = d[u].rh[g];
      multiply_back(g, drh[g], h, through_R);
    }
    for (std::size_t u = 0; u < units_; ++u) {
      for (int g = 0; g < cell_.input_gates; ++g) gradients.dWx[wx_index(token, g, u)] = d[u].wx[g];
      for (int g = 0; g < cell_.biases; ++g) db_[g * units_ + u] += static_cast<Sum>(d[u].b[g]);
      for (std::size_t s = 0; s < dstates.size(); ++s) dstates[s][u] = d[u].state[s];
      double& dh = dstates[0][u];
      if (!problem_.gradient_cut) dh = P::round(dh + P::round(P::round(through_R[u]) + through_product[u]));
      dh = clamp(dh, problem_.gradient_clip);
    }
  }

  const Problem& problem_;
  const Inputs& inputs_;
  const CellInfo& cell_;
  Math math_;
  std::size_t dim_;
  std::size_t units_;
  std::size_t rows_;
  std::size_t tokens_;
  std::vector<Sum> R_;
  std::vector<double> entering_;  // [S, tokens, N, D]: the states that enter a step, after a reset
  std::vector<double> products_;  // [Gr, tokens, N, D]: the recurrent products
  std::vector<Sum> dR_;
  std::vector<Sum> db_;
};

}  // namespace flashrnn::reference
