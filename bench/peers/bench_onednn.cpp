// SPDX-License-Identifier: Apache-2.0
// oneDNN's LSTM, GRU (reset after) and RNN, and the input projection that they contain. Passes: inf, fw, bw, fwbw as in
// bench_cpu; proj_inf is the projection alone, proj_fwbw the projection and the two products of its gradients.
#include <dlfcn.h>

#include <stdexcept>

#include "bench/common/harness.hpp"
#include "bench/peers/onednn_common.hpp"

namespace {

using namespace flashrnn::bench;

/// oneDNN takes its thread count from the OpenMP runtime that it is linked with; so this one is asked, whichever it is.
void set_threads(int threads) {
  using SetThreads = void (*)(int);
  const auto set = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  if (set == nullptr) throw std::runtime_error("oneDNN runs on no OpenMP: its thread count cannot be set");
  set(threads);
}

class OnednnSession : public Session {
 public:
  explicit OnednnSession(const Point& point) : point_(point) { set_threads(point.threads); }

  std::function<void()> prepare(const std::string& pass) override {
    if (pass == "proj_inf" || pass == "proj_fwbw") {
      if (projection_.empty()) projection_ = make_projection(device_, point_, false);
      if (pass == "proj_inf") return [this] { run(projection_); };
      gradients_ = make_projection(device_, point_, true);
      return [this] {
        run(projection_);
        run(gradients_);
      };
    }
    if (pass == "inf") {
      inference_ = std::make_unique<OnednnRnn>(device_, point_, false);
      return [this] { inference_->forward(); };
    }
    if (!training_) training_ = std::make_unique<OnednnRnn>(device_, point_, true);
    if (pass == "fw") return [this] { training_->forward(); };
    if (pass == "bw") {
      training_->forward();
      return [this] { training_->backward(); };
    }
    return [this] {
      training_->forward();
      training_->backward();
    };
  }

 private:
  void run(std::vector<OnednnCall>& calls) {
    for (OnednnCall& call : calls) call.run(device_);
  }

  Point point_;
  OnednnDevice device_;
  std::vector<OnednnCall> projection_, gradients_;
  std::unique_ptr<OnednnRnn> inference_, training_;
};

}  // namespace

int main(int argc, char** argv) {
  const dnnl_version_t* version = dnnl_version();
  Program program;
  program.points = table_points({"lstm", "gru", "elman"});
  program.passes = {"inf", "fw", "bw", "fwbw", "proj_inf", "proj_fwbw"};
  program.open = [](const Point& point) { return std::make_unique<OnednnSession>(point); };
  program.about = {{"library", "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
                                   std::to_string(version->patch)}};
  return run_program(argc, argv, program);
}
