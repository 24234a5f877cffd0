// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "propagation/engine.hpp"

namespace constrint {

/// One side of an alternative: propagators that the engine holds inactive.
struct Branch {
  std::span<const PropagatorId> propagators;
  /// Of the terms that they speak of. They hold anyway and are active; here they make the trial stronger.
  std::span<const PropagatorId> definitions;
};

/// Propagates: at least one branch holds. Constructive disjunction: each branch is tried on its own, its propagators
/// run to a fixpoint; a branch that fails is out; every variable that all others restrict keeps the union of what they
/// leave. The last branch is activated, and a branch that holds whatever happens makes the alternative entailed. Costs
/// the branches' propagation each time; runs last. As consistent as the branches are, up to relaxed unions.
class Alternatives final : public Propagator {
 public:
  /// `shared`: the variables that occur in every branch; `variables`: those of all branches.
  Alternatives(Engine& engine, std::span<const Branch> branches, std::span<const Var> shared,
               std::span<const Var> variables)
      : Propagator(variables, kChanged, Priority::kCostly), engine_(engine), branches_(branches), shared_(shared) {}
  Verdict propagate(Store& store) override;

 private:
  Verdict step(Store& store);

  Engine& engine_;
  std::span<const Branch> branches_;
  std::span<const Var> shared_;
};

}  // namespace constrint
