// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "constrint/model.hpp"
#include "constrint/solve.hpp"

/// What may be chosen for a kernel, as constraints in ConstrINT's language. A text is parsed once; each problem binds
/// the model's inputs to numbers and asks for configurations, or for the limit that refuses them.
///
///     var TILE in [16, 32, 64];
///     SHARED_BYTES == 4 * TILE * DEPTH;
///     SHARED_BYTES <= SHARED_BYTES_LIMIT;
///
///     const ConstraintModel model({.name = "tiles", .texts = {tiles_constraints()},
///                                  .inputs = {"DEPTH", "SHARED_BYTES_LIMIT"},
///                                  .limits = {{"SHARED_BYTES", "shared memory of a block", "B"}},
///                                  .decisions = {{"TILE", ValueOrder::kLargestFirst}}});
///     const std::size_t tile = model.slot("TILE");
///     const Input inputs[] = {{"DEPTH", 768}, {"SHARED_BYTES_LIMIT", 232448}};
///     const Configurations found = model.find(inputs);
///     if (!found.rows.empty()) use(found.rows[0][tile]); else say(model.refusal(inputs));
namespace flashrnn::plan {

using constrint::ValueOrder;

/// A number of the problem or the device.
struct Input {
  std::string_view name;
  std::int64_t value = 0;
};

/// A quantity that the text keeps within an input by the constraint `<quantity> <= <quantity>_LIMIT`. Everything a
/// device has only so much of is written like this, so that a refusal can be told in figures.
struct Limit {
  std::string_view quantity;
  std::string_view what;  ///< "shared memory of a block"
  std::string_view unit;  ///< "B"; empty for a count
};

/// A variable that makes two configurations different, and the value that is tried first.
struct Decision {
  std::string_view name;
  ValueOrder values = ValueOrder::kSmallestFirst;
};

/// The views must outlive the model: string literals and embedded texts do.
struct ModelDefinition {
  std::string_view name;
  /// One model together: a part that several forms share, and the form's own.
  std::vector<std::string_view> texts;
  /// All of them must be bound; *_LIMIT names included.
  std::vector<std::string_view> inputs;
  std::vector<Limit> limits;
  /// Decided in this order. Everything else that the texts leave open takes the first value that fits, in the order in
  /// which the texts name the variables, by `rest`: of "as much as fits" only the most is tried.
  std::vector<Decision> decisions;
  ValueOrder rest = ValueOrder::kLargestFirst;
};

/// A value for each variable of the model: row[model.slot("TILE")].
using Row = std::vector<std::int64_t>;

struct Configurations {
  std::vector<Row> rows;
  bool complete = true;  ///< false: there may be more than `rows`
  std::string error;     ///< a fault of the model or of its inputs, never of the problem's size; rows is empty then
};

/// What one limit comes to at a configuration.
struct LimitUse {
  const Limit* limit = nullptr;
  std::int64_t used = 0;
  std::int64_t available = 0;
};

/// Immutable: any number of threads may use one. Throws nothing but std::bad_alloc.
class ConstraintModel {
 public:
  explicit ConstraintModel(ModelDefinition definition);

  /// What is wrong with the text or the definition; every search of such a model gives the first of these as error.
  [[nodiscard]] const std::vector<std::string>& errors() const { return errors_; }
  [[nodiscard]] std::string_view name() const { return definition_.name; }
  [[nodiscard]] const std::vector<Limit>& limits() const { return definition_.limits; }

  /// Place of a variable in a row; kNoSlot for a name that the model lacks.
  static constexpr std::size_t kNoSlot = static_cast<std::size_t>(-1);
  [[nodiscard]] std::size_t slot(std::string_view variable) const;

  /// Inputs that the model does not know are passed over, so that one set serves several forms. `most` 0: all.
  /// `fixed`: variables that are held at a value.
  [[nodiscard]] Configurations find(std::span<const Input> inputs, std::int64_t most = 0,
                                    std::span<const Input> fixed = {}) const;

  /// Why find() gives nothing, one sentence in figures: "shared memory of a block: 241 KB > 227 KB". Where only several
  /// limits together refuse: "..., with registers of a thread within 255". Where no limit does, the constraints in
  /// conflict. Empty when there are configurations. Slower than find().
  [[nodiscard]] std::string refusal(std::span<const Input> inputs, std::span<const Input> fixed = {}) const;

  /// Empty where the row satisfies every constraint at these inputs, found by evaluating the texts, without the search;
  /// else what does not hold. The inputs' own places in the row are not looked at.
  [[nodiscard]] std::string check(std::span<const Input> inputs, const Row& row) const;

  [[nodiscard]] std::vector<LimitUse> usage(const Row& row) const;

 private:
  bool bind(std::span<const Input> inputs, std::span<const Input> fixed, constrint::Model& bound,
            std::string& error) const;
  [[nodiscard]] std::string smallest(const constrint::Model& bound, std::size_t limit, std::int64_t& value) const;

  ModelDefinition definition_;
  constrint::Model model_;
  std::vector<std::string> errors_;
  std::vector<std::size_t> input_slots_;  ///< of each input of the definition
  struct LimitSlots {
    std::size_t quantity = kNoSlot;
    std::size_t limit = kNoSlot;
  };
  std::vector<LimitSlots> limit_slots_;
  constrint::SolveOptions options_;
};

/// "241 KB" for 246784 "B", "255" for a count. `other`: a number that the text has to be told apart from.
[[nodiscard]] std::string quantity_text(std::int64_t value, std::string_view unit, std::int64_t other);

}  // namespace flashrnn::plan
