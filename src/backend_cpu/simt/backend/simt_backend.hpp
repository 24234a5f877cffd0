// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/runtime/backend.hpp"

namespace flashrnn::simt {

/// The devices simt:32 and simt:64: for add_backend, or flashrnn_internal_add_backend of a shared library.
const Backend& simt_backend();

}  // namespace flashrnn::simt
