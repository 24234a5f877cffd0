// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "device_tensor.hpp"
#include "flashrnn/flashrnn.hpp"
#include "workload.hpp"

namespace flashrnn::tool {

/// A plan for a workload with all buffers of its calls, in the memory of its device. Workload and space outlive it.
class Execution {
 public:
  Execution(const Context& context, memory::MemorySpace& space, const Workload& workload, bool training);

  [[nodiscard]] std::string describe() const { return plan_.describe(); }
  void pack();
  /// Needs pack.
  void forward();
  /// Needs a forward with training.
  void backward();

  /// Every result of the calls made, by name, brought to the host.
  [[nodiscard]] std::vector<std::pair<std::string, const Tensor*>> forward_results();
  [[nodiscard]] std::vector<std::pair<std::string, const Tensor*>> backward_results();

  /// Bytes of inputs, results and buffers with training.
  static double bytes_needed(const Context& context, const Workload& workload);

 private:
  template <typename Args>
  void set_common(Args& args);

  const Workload& w_;
  Plan plan_;
  memory::Block packed_, workspace_, reserve_;
  DeviceInput Wx_, R_, b_, initial_states_, reset_states_, dstates_, dfinal_states_;
  DeviceInput lengths_, cu_seqlens_, resets_;
  DeviceTensor states_, final_states_;
  DeviceTensor dWx_, dR_, db_, dinitial_states_, dreset_states_;
};

}  // namespace flashrnn::tool
