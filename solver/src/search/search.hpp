// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <span>
#include <string_view>
#include <vector>

#include "constrint/solve.hpp"
#include "propagation/engine.hpp"
#include "search/evaluate.hpp"

namespace constrint {

/// "constraint 'A * B <= 5', line 3".
std::string describe_constraint(const Model& model, std::int32_t constraint);

/// Depth-first search in the lexicographic order that the options give. A decision takes the first value that is left
/// of the first variable that is open. A conflict names the decisions that it rests on: the search returns to the last
/// of these at once, and what lies between has no solution either, so the order of the solutions stays that of plain
/// backtracking.
class Search final : Watch {
 public:
  /// The constraints of these indices alone, and the model's objective where it is wanted. All three outlive the
  /// search.
  Search(const Model& model, std::span<const std::int32_t> constraints, const SolveOptions& options,
         bool with_objective = true);
  SolveResult run();

  /// Assignments that propagation let through and the trees refused: none, lists and terms beyond 64 bits apart.
  [[nodiscard]] std::int64_t rejected() const { return rejected_; }
  /// After propagation alone; empty when infeasible.
  std::vector<Domain> root_domains(SolveResult* result);
  Engine& engine() { return engine_; }
  /// The costly propagators take part from the root (0) or behind so many failures. The answer is the same.
  void strong_after(std::int64_t failures) { strong_after_ = failures; }
  /// Nodes behind the first solution after which branch and bound gives way to halving for the first time.
  void budget(std::int64_t nodes) { budget_ = nodes; }

 private:
  struct Decision {
    Var variable;
    Value value;
    std::size_t position;
  };
  struct Ordered {
    Var variable;
    bool largest;
  };
  enum class Leaf : std::uint8_t { kRefused, kTaken, kBetter, kStop };
  enum class Round : std::uint8_t { kFound, kNothing, kGaveUp };

  bool prepare();
  bool shallow();
  bool order_variables();
  bool exclude(std::span<const Assigned> solution);
  bool bad_options(std::string message);
  bool start();
  void search();
  void optimize();
  bool halve();
  Round search_below(bool improve, std::int64_t budget);
  bool bound_objective();
  bool objective_decided(Levels* conflict) const;
  Leaf leaf();
  bool take_objective(bool* better);
  void overflow(std::string_view what, std::string_view bits);
  /// Undoes decisions until one that the conflict rests on takes another value. False: nothing is left.
  bool backtrack(Levels conflict);
  void undo_to(std::size_t decisions);
  void strengthen(std::size_t decisions);
  bool propagate(Levels* conflict);
  bool out_of_limits();
  bool expired() override;

  const Model& model_;
  std::span<const std::int32_t> constraints_;
  const SolveOptions& options_;
  bool with_objective_;
  SolveResult result_;
  Engine engine_;
  Evaluator evaluator_;
  std::vector<Ordered> order_;
  std::size_t ordered_ = 0;  ///< how many of them the options name
  std::vector<Decision> decisions_;
  Solution values_;
  Var objective_ = -1;
  bool maximize_ = false;
  bool has_best_ = false;
  Wide most_ = 0;  ///< the greatest cost that is looked for, once there is a best
  bool has_least_ = false;
  Wide least_ = 0;        ///< no solution costs less
  bool improve_ = false;  ///< branch and bound: a search goes on behind a better solution
  std::int64_t budget_ = 1000;
  std::int64_t give_up_at_ = 0;  ///< nodes; 0: never
  bool gave_up_ = false;
  std::int64_t improvements_ = 0;
  std::int64_t failures_ = 0;
  /// Without them a node costs a fraction, and most searches end before; a long one may need them.
  std::int64_t strong_after_ = 10000;
  /// In a strong store: with at least so many decisions, every propagator has run since it became strong.
  std::size_t strong_below_ = 0;
  std::int64_t rejected_ = 0;
  std::chrono::steady_clock::time_point end_;
};

}  // namespace constrint
