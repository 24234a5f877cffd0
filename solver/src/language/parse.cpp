// SPDX-License-Identifier: Apache-2.0
#include "constrint/parse.hpp"

#include <utility>

#include "language/compat.hpp"
#include "language/names.hpp"
#include "language/parser.hpp"

namespace constrint {
namespace {

/// Places are counted in int, and nodes too: each token makes at most two.
constexpr std::size_t kMaxText = std::size_t{1} << 30U;

std::vector<ParseError> too_long(std::size_t size, const std::string& part) {
  return {{{1, 1}, part, "the text has " + std::to_string(size) + " bytes, and the limit is 2^30"}};
}

/// A tree of one model in another that has its variables. As deep as the tree, at most kMaxDepth.
NodeId copy_tree(const Model& from, NodeId id, Model* to) {
  const Node& node = from.node(id);
  if (node.op == Op::kVariable) {
    return to->add_variable(*to->find(from.variables()[static_cast<std::size_t>(node.value)].name), node.where);
  }
  std::vector<NodeId> children;
  for (const NodeId child : from.children(id)) children.push_back(copy_tree(from, child, to));
  return to->add_node(node.op, children, node.where, node.value);
}

}  // namespace

std::string ParseError::text() const {
  return (part.empty() ? "" : part + ", ") + "line " + std::to_string(where.line) + ", column " +
         std::to_string(where.column) + ": " + message;
}

ParseResult parse(std::string_view text, const ParseOptions& options) {
  if (text.size() > kMaxText) return {{}, too_long(text.size(), options.part)};
  if (options.compat) return language::CompatParser(text, options).read_model();
  return language::Parser(text, options).read_model();
}

std::vector<ParseError> parse_into(Model& model, std::string_view text, const ParseOptions& options) {
  ParseResult added = parse(text, options);
  if (!added.ok()) return std::move(added.errors);
  if (model.objective() && added.model.objective()) {
    return {{added.model.objective()->where, options.part, "the model has an objective already, and it can have one"}};
  }
  if (model.variables().empty() && model.constraints().empty() && !model.objective()) {
    model = std::move(added.model);
    return {};
  }
  if (model.merge(added.model)) return {};
  std::vector<ParseError> errors;
  for (const Variable& variable : added.model.variables()) {
    if (!variable.declared || !model.find(variable.name)) continue;
    Model alone;
    const Variable& other = model.variables()[static_cast<std::size_t>(*model.find(variable.name))];
    if (!other.declared) continue;
    alone.declare(variable.name, variable.domain);
    if (alone.declare(variable.name, other.domain)) continue;
    errors.push_back({variable.where, options.part,
                      language::quoted(variable.name) + " has no value that its other declaration gives it as well"});
  }
  return errors;
}

std::vector<ParseError> parse_objective(Model& model, std::string_view term, bool maximize,
                                        const ParseOptions& options) {
  if (term.size() > kMaxText) return too_long(term.size(), options.part);
  ParseResult read = language::Parser(term, options).read_objective(maximize);
  if (!read.ok()) return std::move(read.errors);
  for (const Variable& variable : read.model.variables()) {
    if (model.find(variable.name)) continue;
    return {{variable.where, options.part, "the model has no variable " + language::quoted(variable.name)}};
  }
  const Model::Objective& objective = *read.model.objective();
  model.set_objective(copy_tree(read.model, objective.term, &model), maximize, objective.where);
  return {};
}

}  // namespace constrint
