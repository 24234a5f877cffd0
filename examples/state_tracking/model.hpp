// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/nn.hpp"
#include "common/recurrent.hpp"
#include "state_tracking/parity.hpp"

/// bit -> learned gate inputs -> recurrent layer -> two logits at every prefix.
struct ParityModel {
  static constexpr std::size_t kHeads = 2;
  static constexpr std::size_t kHeadDim = 16;
  static constexpr std::size_t kClasses = 2;

  nn::RecurrentWeights layer;
  nn::Embedding embedding;
  nn::Linear readout;
  nn::Adam adam;

  /// With `recurrent` false R is zero and stays zero: the gates see the present bit only.
  ParityModel(const std::string& cell, bool recurrent, std::mt19937_64& random)
      : layer(cell, kHeads, kHeadDim, random),
        embedding(2, layer.input_width(), 1.0F, random),
        readout(layer.width(), kClasses, random),
        adam({&embedding.table, &layer.R, &layer.b, &readout.weight, &readout.bias}) {
    if (!recurrent) {
      layer.R.value.assign(layer.R.value.size(), 0.0F);
      layer.R.frozen = true;
    }
  }
  ParityModel(const ParityModel&) = delete;  // adam points into this object
};

struct ParityScore {
  double loss = 0.0;
  double prefixes = 0.0;  ///< part of all labelled prefixes that were right
  double strings = 0.0;   ///< part of the strings whose parity as a whole was right
};

/// The plan and the tensors for batches of one shape.
class ParityRun {
 public:
  ParityRun(const flashrnn::Context& context, ParityModel* model, std::size_t rows, std::size_t time, bool training)
      : model_(*model),
        run_(context, &model->layer, rows, time, training),
        Wx_(rows * time * model->layer.input_width()),
        h_(rows * time * model->layer.width()),
        logits_(rows * time * ParityModel::kClasses),
        dlogits_(logits_.size()),
        dh_(training ? h_.size() : 0),
        dWx_(training ? Wx_.size() : 0) {}

  ParityScore evaluate(const ParityBatch& batch) {
    model_.embedding.forward(batch.bits, Wx_);
    run_.pack();
    run_.forward(Wx_, batch.lengths, h_);
    model_.readout.forward(h_, logits_);
    ParityScore score;
    score.loss = nn::softmax_cross_entropy(logits_, ParityModel::kClasses, batch.parity, batch.weight, dlogits_);
    std::size_t labelled = 0;
    for (std::size_t r = 0; r < batch.lengths.size(); ++r) {
      const auto length = static_cast<std::size_t>(batch.lengths[r]);
      labelled += length;
      for (std::size_t t = 0; t < length; ++t) {
        const std::size_t i = r * batch.time + t;
        const bool right = (logits_[2 * i + 1] > logits_[2 * i]) == (batch.parity[i] == 1);
        score.prefixes += right ? 1.0 : 0.0;
        if (t + 1 == length) score.strings += right ? 1.0 : 0.0;
      }
    }
    score.prefixes /= static_cast<double>(labelled);
    score.strings /= static_cast<double>(batch.lengths.size());
    return score;
  }

  /// One step of Adam; the score is that of the batch before the step.
  ParityScore train(const ParityBatch& batch, float rate) {
    constexpr float kLargestNorm = 1.0F;
    const ParityScore score = evaluate(batch);
    model_.readout.backward(h_, dlogits_, dh_);
    run_.backward(batch.lengths, dh_, dWx_);
    model_.embedding.backward(batch.bits, dWx_);
    model_.adam.step(rate, kLargestNorm);
    return score;
  }

 private:
  ParityModel& model_;
  nn::RecurrentRun run_;
  std::vector<float> Wx_, h_, logits_, dlogits_, dh_, dWx_;
};
