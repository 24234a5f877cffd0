// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "constrint/model.hpp"
#include "domain/wide.hpp"

namespace constrint {

/// The value of a term at given values of the variables. Exact ones lie in [-2^126, 2^126].
struct Exact {
  enum State : std::uint8_t {
    kExact,
    kAbove,      ///< more than 2^126
    kBelow,      ///< less than -2^126
    kUndefined,  ///< a division by 0, or one that leaves a rest
    kUnknown,    ///< it left the range, and its size does not say what came of it
  };
  Wide value = 0;
  State state = kExact;
};

enum class Truth : std::uint8_t { kFalse, kTrue, kUnknown };

/// Evaluates trees as they were given, without any of the solver's machinery: what the search finds is held against it.
class Evaluator {
 public:
  explicit Evaluator(const Model& model) : model_(model) {}

  /// values: one for each of the model's variables. kUnknown: a term left the range where its value decides.
  [[nodiscard]] Truth holds(NodeId constraint, std::span<const Value> values) const;
  /// Of a term without lists; for one with lists, the least (or the greatest) that a choice gives.
  [[nodiscard]] Exact term(NodeId term, std::span<const Value> values, bool greatest) const;

 private:
  /// In 64 bits; false where they do not suffice, and for what is rare.
  bool small(NodeId id, std::span<const Value> values, Value* out) const;
  [[nodiscard]] Exact single(NodeId id, std::span<const Value> values) const;
  /// Every value that some choice from the lists gives; undefined ones are left out. False: too many.
  bool choices(NodeId id, std::span<const Value> values, std::vector<Exact>* out) const;

  const Model& model_;
};

}  // namespace constrint
