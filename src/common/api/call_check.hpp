// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/api/handles.hpp"
#include "common/runtime/status.hpp"
#include "flashrnn/flashrnn.h"

/// The checks between a C call and its device: everything that flashrnn.h promises about the arguments. `args` is
/// complete (read_struct); on success its strides are resolved, those of null tensors are 0. Reads the caller's memory
/// only where the host can, writes none of it, allocates only to fail.
namespace flashrnn::api {

Status check_pack(const flashrnn_plan& plan, flashrnn_pack_args* args);
Status check_forward(const flashrnn_plan& plan, flashrnn_forward_args* args);
Status check_backward(const flashrnn_plan& plan, flashrnn_backward_args* args);
Status check_step(const flashrnn_plan& plan, flashrnn_step_args* args);

}  // namespace flashrnn::api
