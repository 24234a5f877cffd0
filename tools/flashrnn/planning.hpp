// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/gpu/kernel_spec.hpp"
#include "common/plan/report.hpp"
#include "hw_db/database.hpp"
#include "problem_options.hpp"

/// A problem as it is named on the command line, to the planner that the library uses.
namespace flashrnn::tool {

struct Question {
  ProblemOptions problem;
  std::string pass = "forward";      ///< forward, backward or step
  bool inference = false;            ///< a forward that keeps nothing for a backward
  std::string form;                  ///< only this one; empty = any
  std::vector<std::string> choices;  ///< "row_tiles=2": only plans with these
  std::string isa;                   ///< of CPUs; empty = the device's best
  int threads = 0;                   ///< of CPUs; 0 = one per core
};

/// This machine's processor as the library plans for it.
const hw::Device& planning_cpu();

/// Everything that does not depend on the device. Throws UsageError.
void check_question(const Question& question);

/// Whether the form and the choices asked for are those of this kind of device.
bool concerns(const Question& question, hw::Kind kind);

/// The plan for a device and what was weighed. Its problem is what gives the same question again, behind
/// `flashrnn explain`. Throws UsageError where the question can't be asked of this kind of device, and flashrnn::Error
/// for a problem that the library refuses.
plan::Report ask(const Question& question, const hw::Device& device);

/// What is compiled for the problem on a GPU of the database, with a backward unless it is for inference; the question's
/// pass and device options do not count. Throws UsageError and flashrnn::Error.
std::vector<gpu::KernelSpec> kernels_of(const Question& question, const hw::Device& device);

}  // namespace flashrnn::tool
