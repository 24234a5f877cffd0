// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "common/nn.hpp"
#include "common/recurrent.hpp"

/// byte -> embedding -> input projection -> recurrent layer -> logits of the next byte.
struct CharModel {
  static constexpr std::size_t kEmbedding = 64;

  std::size_t alphabet;
  nn::Embedding embedding;
  nn::RecurrentWeights layer;
  nn::Linear projection;
  nn::Linear readout;
  nn::Adam adam;

  CharModel(const std::string& cell, std::size_t alphabet, std::size_t heads, std::size_t head_dim,
            std::mt19937_64& random)
      : alphabet(alphabet),
        embedding(alphabet, kEmbedding, 1.0F, random),
        layer(cell, heads, head_dim, random),
        projection(kEmbedding, layer.input_width(), random),
        readout(layer.width(), alphabet, random),
        adam({&embedding.table, &projection.weight, &projection.bias, &layer.R, &layer.b, &readout.weight,
              &readout.bias}) {}
  CharModel(const CharModel&) = delete;  // adam points into this object

  /// Wx of every byte of the alphabet, [alphabet, input_width]. A token's Wx depends on its byte alone, so that a
  /// product over the alphabet and a look-up do what a product over all tokens would.
  [[nodiscard]] std::vector<float> project_alphabet() const {
    std::vector<float> table(alphabet * layer.input_width());
    projection.forward(embedding.table.value, table);
    return table;
  }
};

/// Training over windows of one shape; the state is carried from window to window.
class CharTraining {
 public:
  CharTraining(const flashrnn::Context& context, CharModel* model, std::size_t rows, std::size_t time)
      : model_(*model),
        run_(context, &model->layer, rows, time, true),
        lengths_(rows, static_cast<std::int64_t>(time)),
        weight_(rows * time, 1.0F / static_cast<float>(rows * time)),
        states_(static_cast<std::size_t>(model->layer.info.states) * rows * model->layer.width()),
        Wx_(rows * time * model->layer.input_width()),
        h_(rows * time * model->layer.width()),
        logits_(rows * time * model->alphabet),
        dlogits_(logits_.size()),
        dh_(h_.size()),
        dWx_(Wx_.size()) {}

  void clear_states() { states_.assign(states_.size(), 0.0F); }

  /// One step of Adam. The loss is the mean over the tokens, in nats.
  double train(const std::vector<std::uint8_t>& inputs, const std::vector<std::uint8_t>& targets, float rate) {
    constexpr float kLargestNorm = 1.0F;
    nn::Embedding Wx_of(model_.project_alphabet(), model_.layer.input_width());
    Wx_of.forward(inputs, Wx_);
    run_.pack();
    run_.forward(Wx_, lengths_, h_, states_.data());
    model_.readout.forward(h_, logits_);
    const double loss = nn::softmax_cross_entropy(logits_, model_.alphabet, targets, weight_, dlogits_);

    model_.readout.backward(h_, dlogits_, dh_);
    run_.backward(lengths_, dh_, dWx_);
    Wx_of.backward(inputs, dWx_);
    std::vector<float> dembedding(model_.embedding.table.value.size());
    model_.projection.backward(model_.embedding.table.value, Wx_of.table.grad, dembedding);
    std::transform(dembedding.begin(), dembedding.end(), model_.embedding.table.grad.begin(),
                   model_.embedding.table.grad.begin(), std::plus<>());
    model_.adam.step(rate, kLargestNorm);
    return loss;
  }

 private:
  CharModel& model_;
  nn::RecurrentRun run_;
  std::vector<std::int64_t> lengths_;
  std::vector<float> weight_;
  std::vector<float> states_;  ///< [S, rows, width]
  std::vector<float> Wx_, h_, logits_, dlogits_, dh_, dWx_;
};

/// Text from the model, one byte a step, over a state that stays.
class CharSampler {
 public:
  CharSampler(const flashrnn::Context& context, CharModel* model)
      : model_(*model),
        run_(context, &model->layer, 1, 1, false),
        Wx_of_(model->project_alphabet()),
        states_(static_cast<std::size_t>(model->layer.info.states) * model->layer.width()),
        h_(model->layer.width()),
        logits_(model->alphabet) {
    run_.pack();
  }

  /// Reads byte `id` and draws the next one; a low temperature prefers likely bytes.
  std::size_t next(std::size_t id, float temperature, std::mt19937_64& random) {
    const std::size_t width = model_.layer.input_width();
    run_.step(std::span<const float>(Wx_of_).subspan(id * width, width), states_, h_);
    model_.readout.forward(h_, logits_);
    const float largest = *std::max_element(logits_.begin(), logits_.end());
    for (float& logit : logits_) logit = std::exp((logit - largest) / temperature);
    std::discrete_distribution<std::size_t> draw(logits_.begin(), logits_.end());
    return draw(random);
  }

 private:
  CharModel& model_;
  nn::RecurrentRun run_;
  std::vector<float> Wx_of_;
  std::vector<float> states_;  ///< [S, 1, width]
  std::vector<float> h_;
  std::vector<float> logits_;
};
