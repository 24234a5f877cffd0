// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "flashrnn/version.h"

#define FLASHRNN_TEXT_OF(x) #x
#define FLASHRNN_DOTTED(major, minor, patch) \
  FLASHRNN_TEXT_OF(major) "." FLASHRNN_TEXT_OF(minor) "." FLASHRNN_TEXT_OF(patch)

namespace flashrnn::api {

/// "0.1.0": what flashrnn_version returns.
inline constexpr const char* kVersionText =
    FLASHRNN_DOTTED(FLASHRNN_VERSION_MAJOR, FLASHRNN_VERSION_MINOR, FLASHRNN_VERSION_PATCH);

}  // namespace flashrnn::api
