// SPDX-License-Identifier: Apache-2.0
#include "bench/peers/onednn_common.hpp"

namespace flashrnn::bench {
namespace {

using dnnl::memory;

/// c [rows, columns] = a [rows, inner] b [inner, columns]; a tag `any` lets oneDNN choose the layout.
OnednnCall make_matmul(OnednnDevice& device, const memory::desc& a, const memory::desc& b, const memory::desc& c) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::matmul::primitive_desc description({a, b, c}, attributes, device.engine);
  OnednnCall call;
  call.primitive = dnnl::matmul(description);
  call.add(DNNL_ARG_SRC, device.random(description.src_desc(), 1.0f, 1));
  call.add(DNNL_ARG_WEIGHTS, device.random(description.weights_desc(), 0.05f, 2));
  call.add(DNNL_ARG_DST, device.zeroed(description.dst_desc()));
  call.add(DNNL_ARG_SCRATCHPAD, device.zeroed(description.scratchpad_desc()));
  return call;
}

}  // namespace

std::vector<OnednnCall> make_projection(OnednnDevice& device, const Point& point, bool gradients) {
  using Tag = memory::format_tag;
  const auto dtype = onednn_dtype(point.dtype);
  const memory::dim tokens = point.batch * point.time;
  const memory::dim input = kPeerInput;
  const memory::dim gates = cell_counts(point.cell).input_gates * point.head_dim;
  std::vector<OnednnCall> calls;
  if (!gradients) {
    calls.push_back(make_matmul(device, {{tokens, input}, dtype, Tag::ab}, {{input, gates}, dtype, Tag::any},
                                {{tokens, gates}, dtype, Tag::ab}));
    return calls;
  }
  calls.push_back(make_matmul(device, {{tokens, gates}, dtype, Tag::ab}, {{gates, input}, dtype, Tag::any},
                              {{tokens, input}, dtype, Tag::ab}));
  calls.push_back(make_matmul(device, {{input, tokens}, dtype, Tag::ba}, {{tokens, gates}, dtype, Tag::ab},
                              {{input, gates}, memory::data_type::f32, Tag::ab}));
  return calls;
}

}  // namespace flashrnn::bench
