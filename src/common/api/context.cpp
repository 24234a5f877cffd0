// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "common/api/guard.hpp"
#include "common/api/handles.hpp"
#include "common/api/versioned.hpp"
#include "flashrnn/flashrnn.h"

/// The C API's functions on devices and contexts.
namespace flashrnn::api {
namespace {

constexpr std::int32_t kMostThreads = 1024;

std::string device_names() {
  std::string names;
  for (const Backend* backend : backends()) {
    for (const flashrnn_device_info& device : backend->devices()) {
      if (!names.empty()) names += ", ";
      names += device.name;
    }
  }
  return names.empty() ? "none" : names;
}

/// prefix or prefix:index, as in "cpu" and "cuda:0".
bool name_is_wellformed(std::string_view name) {
  constexpr std::string_view kDigits = "0123456789";
  constexpr std::string_view kPrefix = "abcdefghijklmnopqrstuvwxyz_";
  const std::size_t colon = name.find(':');
  const std::string_view prefix = name.substr(0, colon);
  if (prefix.empty() || prefix.find_first_not_of(kPrefix) != std::string_view::npos) return false;
  if (colon == std::string_view::npos) return true;
  const std::string_view index = name.substr(colon + 1);
  return !index.empty() && index.size() <= 4 && index.find_first_not_of(kDigits) == std::string_view::npos;
}

Status check_options(flashrnn_context_options* options) {
  if (options->num_threads < 0 || options->num_threads > kMostThreads) {
    return Status::invalid(message("options.num_threads is ", options->num_threads, "; it must be in [0, ",
                                   kMostThreads, "], 0 for one per core"));
  }
  if (options->reserved != 0) {
    return Status::invalid(message("options.reserved is ", options->reserved, "; it must be 0"));
  }
  if (options->cpu_isa != nullptr && *options->cpu_isa == '\0') options->cpu_isa = nullptr;
  return {};
}

Status create_context(const char* device, const flashrnn_context_options& options,
                      std::shared_ptr<const DeviceContext>* out) {
  const std::string_view name = device;
  if (!name_is_wellformed(name)) {
    return Status::invalid(message("device is ", quoted(device),
                                   "; it must be a name such as 'cpu' or 'cuda:0'; devices here: ", device_names()));
  }
  const std::string_view prefix = name.substr(0, name.find(':'));
  const auto& all = backends();
  const auto it = std::find_if(all.begin(), all.end(), [&](const Backend* b) { return b->prefix() == prefix; });
  if (it == all.end()) {
    return {FLASHRNN_DEVICE_UNAVAILABLE,
            message("device is ", quoted(device), ", which this build cannot drive; devices here: ", device_names())};
  }
  Logger logger;
  if (options.log != nullptr) {
    logger = [log = options.log, user = options.log_user](flashrnn_log_level level, const char* text) {
      log(user, level, text);
    };
  }
  std::unique_ptr<DeviceContext> created;
  FLASHRNN_RETURN_IF_ERROR((*it)->create_context(name, options, std::move(logger), &created));
  *out = std::move(created);
  return {};
}

}  // namespace
}  // namespace flashrnn::api

using namespace flashrnn;       // NOLINT: the C functions stand outside the namespace
using namespace flashrnn::api;  // NOLINT

extern "C" {

int32_t flashrnn_device_count(void) {
  std::size_t count = 0;
  guarded("flashrnn_device_count", [&]() -> Status {
    for (const Backend* backend : backends()) count += backend->devices().size();
    return {};
  });
  return static_cast<int32_t>(count);
}

flashrnn_status flashrnn_get_device(int32_t index, flashrnn_device_info* info) {
  return guarded("flashrnn_get_device", [&]() -> Status {
    std::size_t size = 0;
    FLASHRNN_RETURN_IF_ERROR(check_struct("info", info, &size));
    std::int64_t before = 0;
    for (const Backend* backend : backends()) {
      const auto& devices = backend->devices();
      const auto here = static_cast<std::int64_t>(devices.size());
      if (index >= before && index - before < here) {
        write_struct(devices[static_cast<std::size_t>(index - before)], size, info);
        return {};
      }
      before += here;
    }
    return Status::invalid(
        message("index is ", index, "; it must be in [0, ", before, "), the range of flashrnn_device_count"));
  });
}

flashrnn_status flashrnn_context_create(const char* device, const flashrnn_context_options* options,
                                        flashrnn_context** context) {
  return guarded("flashrnn_context_create", [&]() -> Status {
    if (context == nullptr) return Status::invalid("context is null");
    if (device == nullptr) return Status::invalid(message("device is null; devices here: ", device_names()));
    flashrnn_context_options known = FLASHRNN_CONTEXT_OPTIONS_INIT;
    if (options != nullptr) FLASHRNN_RETURN_IF_ERROR(read_struct("options", options, &known));
    FLASHRNN_RETURN_IF_ERROR(check_options(&known));
    auto created = std::make_unique<flashrnn_context>();
    FLASHRNN_RETURN_IF_ERROR(create_context(device, known, &created->device));
    *context = created.release();
    return {};
  });
}

void flashrnn_context_destroy(flashrnn_context* context) { delete context; }

}  // extern "C"
