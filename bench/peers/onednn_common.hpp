// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/common/buffer.hpp"
#include "bench/common/point.hpp"

namespace flashrnn::bench {

/// oneDNN memory in our buffers, so that both sides use the same kind of pages.
struct OnednnMemory {
  Buffer buffer;
  dnnl::memory memory;
};

/// One engine and stream for the process; calls run in the calling thread and OpenMP's.
struct OnednnDevice {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};

  OnednnMemory zeroed(const dnnl::memory::desc& desc) const;
  /// Uniform in [-limit, limit], in whatever layout `desc` has.
  OnednnMemory random(const dnnl::memory::desc& desc, float limit, uint64_t seed) const;
};

/// A primitive with its arguments, ready to run.
struct OnednnCall {
  dnnl::primitive primitive;
  std::unordered_map<int, dnnl::memory> arguments;
  std::vector<OnednnMemory> owned;

  /// Adds memory that this call keeps alive.
  dnnl::memory& add(int argument, OnednnMemory memory);
  void run(OnednnDevice& device);
};

inline dnnl::memory::data_type onednn_dtype(const std::string& dtype) {
  return dtype == "bf16" ? dnnl::memory::data_type::bf16 : dnnl::memory::data_type::f32;
}

/// Features of the peers' input. Few: their RNNs contain the projection, which is measured apart and subtracted; with
/// an input of D it is as long as what is wanted, and a small error in it a large one in the difference.
inline constexpr dnnl::memory::dim kPeerInput = 32;

/// The input projection of `point`, x W: the part of the RNN primitive that Wx stands for.
/// `gradients`: the two products of its gradients instead, dx and dW.
std::vector<OnednnCall> make_projection(OnednnDevice& device, const Point& point, bool gradients);

/// The RNN primitive of oneDNN: vanilla_lstm, lbr_gru or vanilla_rnn (tanh), one layer, left to right.
class OnednnRnn {
 public:
  /// `training`: forward_training and backward; else forward_inference alone.
  OnednnRnn(OnednnDevice& device, const Point& point, bool training);
  void forward();
  void backward();
  /// The names of the implementations that oneDNN chose.
  std::string describe() const;

 private:
  void make_backward(const Point& point, const dnnl::primitive_desc& forward);

  OnednnDevice& device_;
  OnednnCall forward_, backward_;
  std::string implementations_;
};

}  // namespace flashrnn::bench
