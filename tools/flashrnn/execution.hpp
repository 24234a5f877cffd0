// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "flashrnn/flashrnn.hpp"
#include "workload.hpp"

namespace flashrnn::tool {

/// A plan for a workload with all buffers of its calls. The workload outlives it.
class Execution {
 public:
  Execution(const Context& context, const Workload& workload, bool training);

  [[nodiscard]] std::string describe() const { return plan_.describe(); }
  void pack();
  /// Needs pack.
  void forward();
  /// Needs a forward with training.
  void backward();

  /// Every result of the calls made, by name.
  [[nodiscard]] std::vector<std::pair<std::string, const Tensor*>> forward_results() const;
  [[nodiscard]] std::vector<std::pair<std::string, const Tensor*>> backward_results() const;

  /// Bytes of inputs, results and buffers with training.
  static double bytes_needed(const Context& context, const Workload& workload);

 private:
  const Workload& w_;
  Plan plan_;
  Buffer packed_, workspace_, reserve_;
  Tensor states_, final_states_;
  Tensor dWx_, dR_, db_, dinitial_states_, dreset_states_;
};

}  // namespace flashrnn::tool
