// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "flashrnn/flashrnn.h"

namespace flashrnn {

/// A status code with the sentence that explains it. Success carries no text and costs no allocation.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(flashrnn_status code, std::string message) : code_(code), message_(std::move(message)) {}

  static Status invalid(std::string message) { return {FLASHRNN_INVALID_ARGUMENT, std::move(message)}; }
  static Status unsupported(std::string message) { return {FLASHRNN_UNSUPPORTED, std::move(message)}; }

  [[nodiscard]] bool ok() const { return code_ == FLASHRNN_SUCCESS; }
  [[nodiscard]] flashrnn_status code() const { return code_; }
  [[nodiscard]] const std::string& message() const { return message_; }

 private:
  flashrnn_status code_ = FLASHRNN_SUCCESS;
  std::string message_;
};

}  // namespace flashrnn

#define FLASHRNN_RETURN_IF_ERROR(expression)                       \
  do {                                                             \
    ::flashrnn::Status flashrnn_status_ = (expression);            \
    if (!flashrnn_status_.ok()) return flashrnn_status_;           \
  } while (false)
