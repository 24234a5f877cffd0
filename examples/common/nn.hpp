// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <utility>
#include <vector>

/// The parts of a small network that FlashRNN does not compute: embedding, linear layer, softmax, Adam. Plain loops in
/// fp32, row-major; written to be read, and fast enough for the sizes of the examples.
namespace nn {

/// A trained tensor with its gradient and Adam's two running means.
struct Parameter {
  std::vector<float> value;
  std::vector<float> grad;
  std::vector<float> mean;
  std::vector<float> square;
  bool frozen = false;  ///< true: the optimiser leaves the value as it is

  explicit Parameter(std::size_t size) : value(size), grad(size), mean(size), square(size) {}

  void fill_normal(float deviation, std::mt19937_64& random) {
    std::normal_distribution<float> normal(0.0F, deviation);
    for (float& v : value) v = normal(random);
  }
};

/// A table of `width` numbers per token.
struct Embedding {
  std::size_t width;
  Parameter table;  ///< [tokens, width]

  Embedding(std::size_t tokens, std::size_t width, float deviation, std::mt19937_64& random)
      : width(width), table(tokens * width) {
    table.fill_normal(deviation, random);
  }

  /// A table that was computed: its gradient is what counts.
  Embedding(std::vector<float> rows, std::size_t width) : width(width), table(rows.size()) {
    table.value = std::move(rows);
  }

  /// out [ids.size(), width]
  void forward(std::span<const std::uint8_t> ids, std::span<float> out) const {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const float* row = table.value.data() + ids[i] * width;
      for (std::size_t j = 0; j < width; ++j) out[i * width + j] = row[j];
    }
  }

  void backward(std::span<const std::uint8_t> ids, std::span<const float> dout) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      float* row = table.grad.data() + ids[i] * width;
      for (std::size_t j = 0; j < width; ++j) row[j] += dout[i * width + j];
    }
  }
};

/// y = x W + b with x [rows, inputs], W [inputs, outputs], y [rows, outputs].
struct Linear {
  std::size_t inputs;
  std::size_t outputs;
  Parameter weight;
  Parameter bias;

  Linear(std::size_t inputs, std::size_t outputs, std::mt19937_64& random)
      : inputs(inputs), outputs(outputs), weight(inputs * outputs), bias(outputs) {
    weight.fill_normal(1.0F / std::sqrt(static_cast<float>(inputs)), random);
  }

  void forward(std::span<const float> x, std::span<float> y) const {
    for (std::size_t r = 0; r < y.size() / outputs; ++r) {
      float* out = y.data() + r * outputs;
      for (std::size_t j = 0; j < outputs; ++j) out[j] = bias.value[j];
      for (std::size_t i = 0; i < inputs; ++i) {
        const float scale = x[r * inputs + i];
        const float* w = weight.value.data() + i * outputs;
        for (std::size_t j = 0; j < outputs; ++j) out[j] += scale * w[j];
      }
    }
  }

  /// Adds to the gradients of weight and bias; writes dx [rows, inputs].
  void backward(std::span<const float> x, std::span<const float> dy, std::span<float> dx) {
    for (std::size_t r = 0; r < dy.size() / outputs; ++r) {
      const float* d = dy.data() + r * outputs;
      for (std::size_t j = 0; j < outputs; ++j) bias.grad[j] += d[j];
      for (std::size_t i = 0; i < inputs; ++i) {
        const float scale = x[r * inputs + i];
        const float* w = weight.value.data() + i * outputs;
        float* dw = weight.grad.data() + i * outputs;
        float sum = 0.0F;
        for (std::size_t j = 0; j < outputs; ++j) {
          sum += d[j] * w[j];
          dw[j] += scale * d[j];
        }
        dx[r * inputs + i] = sum;
      }
    }
  }
};

/// Sum of -log softmax(logits)[target] over the rows with `weight` != 0; each row's gradient is scaled by its weight.
inline double softmax_cross_entropy(std::span<const float> logits, std::size_t classes,
                                    std::span<const std::uint8_t> target, std::span<const float> weight,
                                    std::span<float> dlogits) {
  double loss = 0.0;
  for (std::size_t r = 0; r < target.size(); ++r) {
    const float* row = logits.data() + r * classes;
    float* drow = dlogits.data() + r * classes;
    float largest = row[0];
    for (std::size_t j = 1; j < classes; ++j) largest = std::fmax(largest, row[j]);
    float sum = 0.0F;
    for (std::size_t j = 0; j < classes; ++j) sum += drow[j] = std::exp(row[j] - largest);
    for (std::size_t j = 0; j < classes; ++j) drow[j] *= weight[r] / sum;
    drow[target[r]] -= weight[r];
    loss += weight[r] * (std::log(sum) + largest - row[target[r]]);
  }
  return loss;
}

/// Adam with a limit on the norm of the whole gradient. `step` updates the values and clears the gradients.
class Adam {
 public:
  explicit Adam(std::vector<Parameter*> parameters) : parameters_(std::move(parameters)) {}

  void step(float rate, float largest_norm) {
    constexpr float kMean = 0.9F;
    constexpr float kSquare = 0.999F;
    constexpr float kEpsilon = 1e-8F;
    double norm = 0.0;
    for (const Parameter* p : parameters_) {
      if (p->frozen) continue;
      for (const float g : p->grad) norm += static_cast<double>(g) * g;
    }
    norm = std::sqrt(norm);
    const float scale = norm > largest_norm ? static_cast<float>(largest_norm / norm) : 1.0F;
    ++steps_;
    const float mean_bias = 1.0F - std::pow(kMean, static_cast<float>(steps_));
    const float square_bias = 1.0F - std::pow(kSquare, static_cast<float>(steps_));
    for (Parameter* p : parameters_) {
      for (std::size_t i = 0; i < p->value.size(); ++i) {
        const float g = p->grad[i] * scale;
        p->grad[i] = 0.0F;
        if (p->frozen) continue;
        p->mean[i] = kMean * p->mean[i] + (1.0F - kMean) * g;
        p->square[i] = kSquare * p->square[i] + (1.0F - kSquare) * g * g;
        p->value[i] -= rate * (p->mean[i] / mean_bias) / (std::sqrt(p->square[i] / square_bias) + kEpsilon);
      }
    }
  }

 private:
  std::vector<Parameter*> parameters_;
  int steps_ = 0;
};

}  // namespace nn
