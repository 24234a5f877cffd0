// SPDX-License-Identifier: Apache-2.0
#include "common/runtime/checked.hpp"

#include <string>

#include "common/runtime/message.hpp"

namespace flashrnn {

Status checked_bytes(std::string_view field, std::initializer_list<std::int64_t> factors, std::int64_t* bytes) {
  if (checked_product(factors, bytes)) return {};
  std::string product;
  for (const std::int64_t factor : factors) {
    if (!product.empty()) product += " * ";
    product += std::to_string(factor);
  }
  return Status::invalid(message(field, " needs ", product, " bytes, which passes the limit of 2^63 - 1 bytes"));
}

}  // namespace flashrnn
