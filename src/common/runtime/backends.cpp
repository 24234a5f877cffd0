// SPDX-License-Identifier: Apache-2.0
#include "common/runtime/backend.hpp"

namespace flashrnn {
namespace {

/// Never destroyed: static destructors may still use devices.
std::vector<const Backend*>& list() {
  static auto* const instance = new std::vector<const Backend*>{&cpu_backend(), &cuda_backend()};
  return *instance;
}

}  // namespace

const std::vector<const Backend*>& backends() { return list(); }

void add_backend(const Backend& backend) { list().push_back(&backend); }

}  // namespace flashrnn

extern "C" void flashrnn_internal_add_backend(const void* backend) {
  flashrnn::add_backend(*static_cast<const flashrnn::Backend*>(backend));
}
