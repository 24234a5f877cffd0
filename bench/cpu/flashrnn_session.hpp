// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bench/common/buffer.hpp"
#include "bench/common/harness.hpp"
#include "flashrnn/flashrnn.h"

namespace flashrnn::bench {

struct SessionOptions {
  std::string isa;  // "" = the library's choice
  flashrnn_math math = FLASHRNN_MATH_DEFAULT;
  flashrnn_reserve_mode reserve_mode = FLASHRNN_RESERVE_GATES;
};

struct PlanDelete {
  void operator()(flashrnn_plan* plan) const { flashrnn_plan_destroy(plan); }
};
struct ContextDelete {
  void operator()(flashrnn_context* context) const { flashrnn_context_destroy(context); }
};

/**
 * One point through the public C API. Weights are packed once, before the timing, as the peers' are. Passes:
 *   inf   forward without reserve; output h at every step, zero initial states
 *   fw    the same with a reserve
 *   bw    backward of it: the gradients of Wx, R and b from dh at every step
 *   fwbw  fw, then bw
 */
class FlashrnnSession : public Session {
 public:
  FlashrnnSession(const Point& point, const SessionOptions& options);
  std::function<void()> prepare(const std::string& pass) override;
  /// The library's description of the plan that `pass` uses.
  std::string describe(const std::string& pass);

 private:
  struct Mode {
    std::unique_ptr<flashrnn_plan, PlanDelete> plan;
    Buffer packed, workspace, reserve;
    size_t packed_size = 0, workspace_size = 0, reserve_size = 0;
  };
  Mode& mode(bool training);
  void prepare_gradients();
  void forward(Mode& mode);
  void backward();

  Point point_;
  SessionOptions options_;
  std::unique_ptr<flashrnn_context, ContextDelete> context_;
  Mode inference_, training_;
  Buffer wx_, r_, b_, h_, dh_, dwx_, dr_, db_;
};

}  // namespace flashrnn::bench
