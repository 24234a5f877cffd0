// SPDX-License-Identifier: Apache-2.0
#include "bench/peers/onednn_common.hpp"

#include <utility>

namespace flashrnn::bench {
namespace {

/// The plain layout of the same dimensions: random values are made there and reordered into the one that is wanted.
dnnl::memory::desc plain(const dnnl::memory::desc& desc, dnnl::memory::data_type dtype) {
  const dnnl::memory::dims dims = desc.dims();
  dnnl::memory::dims strides(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
  return {dims, dtype, strides};
}

}  // namespace

OnednnMemory OnednnDevice::zeroed(const dnnl::memory::desc& desc) const {
  OnednnMemory result{.buffer = Buffer(desc.get_size()), .memory = {}};
  result.memory = dnnl::memory(desc, engine, result.buffer.data());
  return result;
}

OnednnMemory OnednnDevice::random(const dnnl::memory::desc& desc, float limit, uint64_t seed) const {
  OnednnMemory result = zeroed(desc);
  int64_t count = 1;
  for (const auto dim : desc.dims()) count *= dim;
  Buffer values = random_buffer(count, "fp32", limit, seed);
  dnnl::memory source(plain(desc, dnnl::memory::data_type::f32), engine, values.data());
  dnnl::stream copies(engine);
  dnnl::reorder(source, result.memory).execute(copies, source, result.memory);
  copies.wait();
  return result;
}

dnnl::memory& OnednnCall::add(int argument, OnednnMemory memory) {
  owned.push_back(std::move(memory));
  return arguments[argument] = owned.back().memory;
}

void OnednnCall::run(OnednnDevice& device) {
  primitive.execute(device.stream, arguments);
  device.stream.wait();
}

}  // namespace flashrnn::bench
