// SPDX-License-Identifier: Apache-2.0
#include "common/gpu/plan_options.hpp"

#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

namespace flashrnn::gpu {
namespace {

std::optional<plan::Form> form_of(std::string_view name) {
  using plan::Form;
  for (const Form form : {Form::kBlock, Form::kCluster, Form::kGrid, Form::kStepwise}) {
    if (plan::to_string(form) == name) return form;
  }
  return std::nullopt;
}

/// What stands before the next `separator`; `text` becomes the rest behind it.
std::string_view cut(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view first = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return first;
}

/// "form=cluster,row_tiles=2".
void read_pass(std::string_view text, std::optional<plan::Form>& form, std::vector<plan::Choice>& choices) {
  while (!text.empty()) {
    std::string_view value = cut(text, ',');
    const std::string_view name = cut(value, '=');
    std::int64_t number = 0;
    if (name == "form") {
      form = form_of(value);
    } else if (std::from_chars(value.data(), value.data() + value.size(), number).ec == std::errc{}) {
      choices.push_back({std::string(name), number});
    }
  }
}

}  // namespace

PlanOptions options_from_environment() {
  PlanOptions options;
  if (const char* form = std::getenv("FLASHRNN_GPU_FORM"); form != nullptr) {
    options.forward = options.backward = form_of(form);
  }
  const char* wanted = std::getenv("FLASHRNN_GPU_CHOOSE");
  std::string_view text = wanted == nullptr ? "" : wanted;
  while (!text.empty()) {
    std::string_view choices = cut(text, ';');
    const std::string_view pass = cut(choices, ':');
    if (pass == "forward") read_pass(choices, options.forward, options.forward_choices);
    if (pass == "backward") read_pass(choices, options.backward, options.backward_choices);
  }
  return options;
}

}  // namespace flashrnn::gpu
