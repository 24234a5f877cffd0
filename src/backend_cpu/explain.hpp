// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "common/plan/report.hpp"
#include "common/plan/shape.hpp"
#include "hw_db/database.hpp"

namespace flashrnn::cpu {

/// The plan for a CPU of the hardware database or for this machine (this_machine().device), with all that was weighed.
/// `threads` 0: all cores, of this machine those that the process may use. `isa` "": the best one of the device, of
/// this machine the best that runs here. `form` "": the best one; "strands" or "lockstep" forces it. Where there is no
/// plan, chosen.refusal says why: a cell that is not built in or registered, an unknown name, sizes past what memory
/// addresses hold. Throws nothing but std::bad_alloc.
plan::Report explain_cpu(const plan::Shape& shape, const hw::Device& device, int threads = 0, std::string_view isa = {},
                         std::string_view form = {});

}  // namespace flashrnn::cpu
