// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "constrint/model.hpp"

namespace constrint::tool {

/// The options of every command that name the model.
struct ModelOptions {
  std::vector<std::string> files;
  std::vector<std::string> constants;
  bool compat = false;
};

struct Loaded {
  Model model;
  double parse_ms = 0;  ///< all files, without reading them from disk
};

void add_model_options(CLI::App& app, ModelOptions& options);

/// One model of all files and constants. Throws UsageError, with the line and a caret for what can't be parsed.
Loaded load(const ModelOptions& options);

/// Makes the term of an option the model's objective.
void set_objective(Model& model, const std::string& option, const std::string& term, bool maximize);

/// Leaves the variable this value alone: as its domain, or, where that does not have it, as a constraint.
void assign(Model& model, const std::string& name, Value value, const std::string& part);

}  // namespace constrint::tool
