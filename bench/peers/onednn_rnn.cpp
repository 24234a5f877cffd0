// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <stdexcept>

#include "bench/peers/onednn_common.hpp"

namespace flashrnn::bench {
namespace {

using dnnl::memory;
using dnnl::query;

/// The descriptors of one pass; absent states are zero descriptors, as the library is measured without them too.
struct Descriptors {
  memory::desc input, output, none, weights_layer, weights_iter, bias;
};

Descriptors make_descriptors(const Point& point, memory::data_type data, memory::data_type weights) {
  using Tag = memory::format_tag;
  const CellCounts counts = cell_counts(point.cell);
  const memory::dim units = point.head_dim;
  return {.input = {{point.time, point.batch, kPeerInput}, data, Tag::tnc},
          .output = {{point.time, point.batch, units}, data, Tag::tnc},
          .none = {},
          .weights_layer = {{1, 1, kPeerInput, counts.input_gates, units}, weights, Tag::any},
          .weights_iter = {{1, 1, units, counts.recurrent_gates, units}, weights, Tag::any},
          .bias = {{1, 1, counts.biases, units}, memory::data_type::f32, Tag::ldgo}};
}

void check(dnnl_status_t status) { dnnl::error::wrap_c_api(status, "oneDNN refuses this RNN"); }

dnnl_rnn_desc_t forward_desc(const std::string& cell, dnnl_prop_kind_t kind, const Descriptors& d) {
  dnnl_rnn_desc_t desc;
  const auto direction = dnnl_unidirectional_left2right;
  const auto *x = &d.input.data, *y = &d.output.data, *none = &d.none.data, *wl = &d.weights_layer.data,
             *wi = &d.weights_iter.data, *b = &d.bias.data;
  if (cell == "lstm")
    check(dnnl_lstm_forward_desc_init(&desc, kind, direction, x, none, none, wl, wi, b, y, none, none, 0));
  else if (cell == "gru")
    check(dnnl_lbr_gru_forward_desc_init(&desc, kind, direction, x, none, wl, wi, b, y, none, 0));
  else if (cell == "elman")
    check(dnnl_vanilla_rnn_forward_desc_init(&desc, kind, dnnl_eltwise_tanh, direction, x, none, wl, wi, b, y, none, 0,
                                             0, 0));
  else
    throw std::invalid_argument("oneDNN has no cell " + cell);
  return desc;
}

dnnl_rnn_desc_t backward_desc(const std::string& cell, const Descriptors& d, const Descriptors& g) {
  dnnl_rnn_desc_t desc;
  const auto kind = dnnl_backward;
  const auto direction = dnnl_unidirectional_left2right;
  const auto *x = &d.input.data, *y = &d.output.data, *none = &d.none.data, *wl = &d.weights_layer.data,
             *wi = &d.weights_iter.data, *b = &d.bias.data;
  const auto *dx = &g.input.data, *dy = &g.output.data, *dwl = &g.weights_layer.data, *dwi = &g.weights_iter.data,
             *db = &g.bias.data;
  if (cell == "lstm")
    check(dnnl_lstm_backward_desc_init(&desc, kind, direction, x, none, none, wl, wi, b, y, none, none, dx, none, none,
                                       dwl, dwi, db, dy, none, none, 0));
  else if (cell == "gru")
    check(dnnl_lbr_gru_backward_desc_init(&desc, kind, direction, x, none, wl, wi, b, y, none, dx, none, dwl, dwi, db,
                                          dy, none, 0));
  else
    check(dnnl_vanilla_rnn_backward_desc_init(&desc, kind, dnnl_eltwise_tanh, direction, x, none, wl, wi, b, y, none,
                                              dx, none, dwl, dwi, db, dy, none, 0, 0, 0));
  return desc;
}

dnnl::primitive_attr user_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

memory::desc argument_desc(const dnnl::primitive_desc& description, int argument) {
  return description.query_md(query::exec_arg_md, argument);
}

}  // namespace

OnednnRnn::OnednnRnn(OnednnDevice& device, const Point& point, bool training) : device_(device) {
  const auto dtype = onednn_dtype(point.dtype);
  const Descriptors descriptors = make_descriptors(point, dtype, dtype);
  const dnnl_rnn_desc_t desc =
      forward_desc(point.cell, training ? dnnl_forward_training : dnnl_forward_inference, descriptors);
  const dnnl::primitive_attr attributes = user_scratchpad();
  const dnnl::primitive_desc description(&desc, &attributes, device.engine, nullptr);
  implementations_ = description.impl_info_str();

  const float limit = 1.0f / std::sqrt(static_cast<float>(point.head_dim));
  forward_.primitive = dnnl::primitive(description);
  forward_.add(DNNL_ARG_SRC_LAYER, device.random(argument_desc(description, DNNL_ARG_SRC_LAYER), 1.0f, 1));
  forward_.add(DNNL_ARG_WEIGHTS_LAYER, device.random(argument_desc(description, DNNL_ARG_WEIGHTS_LAYER), limit, 2));
  forward_.add(DNNL_ARG_WEIGHTS_ITER, device.random(argument_desc(description, DNNL_ARG_WEIGHTS_ITER), limit, 3));
  forward_.add(DNNL_ARG_BIAS, device.random(descriptors.bias, limit, 4));
  forward_.add(DNNL_ARG_DST_LAYER, device.zeroed(argument_desc(description, DNNL_ARG_DST_LAYER)));
  forward_.add(DNNL_ARG_SCRATCHPAD, device.zeroed(argument_desc(description, DNNL_ARG_SCRATCHPAD)));
  if (training) {
    forward_.add(DNNL_ARG_WORKSPACE, device.zeroed(argument_desc(description, DNNL_ARG_WORKSPACE)));
    make_backward(point, description);
  }
}

void OnednnRnn::make_backward(const Point& point, const dnnl::primitive_desc& forward) {
  const auto dtype = onednn_dtype(point.dtype);
  // All gradients are f32 in oneDNN, of bf16 networks too.
  const dnnl_rnn_desc_t desc = backward_desc(point.cell, make_descriptors(point, dtype, dtype),
                                             make_descriptors(point, memory::data_type::f32, memory::data_type::f32));
  const dnnl::primitive_attr attributes = user_scratchpad();
  const dnnl::primitive_desc description(&desc, &attributes, device_.engine, forward.get());
  implementations_ += std::string(", ") + description.impl_info_str();

  const float limit = 1.0f / std::sqrt(static_cast<float>(point.head_dim));
  backward_.primitive = dnnl::primitive(description);
  for (const int argument : {DNNL_ARG_SRC_LAYER, DNNL_ARG_BIAS, DNNL_ARG_DST_LAYER, DNNL_ARG_WORKSPACE})
    backward_.arguments[argument] = forward_.arguments.at(argument);
  // The backward wants the weights in a layout of its own.
  for (const int argument : {DNNL_ARG_WEIGHTS_LAYER, DNNL_ARG_WEIGHTS_ITER})
    backward_.add(argument, device_.random(argument_desc(description, argument), limit, 5));
  backward_.add(DNNL_ARG_DIFF_DST_LAYER, device_.random(argument_desc(description, DNNL_ARG_DIFF_DST_LAYER), 1.0f, 6));
  for (const int argument : {DNNL_ARG_DIFF_SRC_LAYER, DNNL_ARG_DIFF_WEIGHTS_LAYER, DNNL_ARG_DIFF_WEIGHTS_ITER,
                             DNNL_ARG_DIFF_BIAS, DNNL_ARG_SCRATCHPAD})
    backward_.add(argument, device_.zeroed(argument_desc(description, argument)));
}

void OnednnRnn::forward() { forward_.run(device_); }

void OnednnRnn::backward() { backward_.run(device_); }

std::string OnednnRnn::describe() const { return implementations_; }

}  // namespace flashrnn::bench
