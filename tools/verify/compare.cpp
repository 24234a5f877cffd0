// SPDX-License-Identifier: Apache-2.0
#include "verify/compare.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "verify/random.hpp"

namespace flashrnn::verify {
namespace {

using reference::Precision;
using Values = std::vector<double>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kAllowedF32 = 1e-5;
constexpr double kPlainRuns = 2.0;  // times the plain run's error
constexpr double kLeastRoundoffs = 2.0;
constexpr double kSmallestNumbers = 4.0;
constexpr int kFurtherPlainRuns = 12;

// Norms leave out what is NaN in the reference.
double norm(const Values& values) {
  double sum = 0.0;
  for (const double value : values) {
    if (!std::isnan(value)) sum += value * value;
  }
  return std::sqrt(sum);
}

double distance(const Values& values, const Values& expected) {
  if (values.size() != expected.size()) return kInfinity;
  double sum = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(expected[i])) continue;
    const double difference = values[i] - expected[i];
    sum += difference * difference;
  }
  return std::isnan(sum) ? kInfinity : std::sqrt(sum);
}

std::string number(double value, int digits = 3) {
  if (std::isnan(value)) return "nan";  // whatever its sign
  char text[40];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return text;
}

class Comparison {
 public:
  Comparison(const Case& test, const CaseData& data, const View& view, const std::vector<NamedTensor>& expected)
      : test_(test), data_(data), view_(view), expected_(expected), precision_(computed_in(test)) {
    if (precision_ != Precision::kF32 && test.numbers == Numbers::kReal) add_plain_run(data_.inputs);
  }

  CaseResult judge(const reference::Result& result) {
    const std::vector<NamedTensor> tensors = view_(result);
    CaseResult verdict = judge_tensors(tensors);
    // Bounds only grow, so what passes needs no further runs, and a broken result needs no better bound.
    for (int i = 0; i < kFurtherPlainRuns && needs_more(verdict); ++i) {
      add_plain_run(perturbed_inputs(static_cast<std::uint64_t>(i)));
      verdict = judge_tensors(tensors);
    }
    return verdict;
  }

 private:
  static Precision computed_in(const Case& test) {
    const bool tf32 = test.dtype == FLASHRNN_F32 && test.matmul == FLASHRNN_MATMUL_TF32;
    return tf32 ? Precision::kTf32 : precision_of(test.dtype);
  }

  [[nodiscard]] bool needs_more(const CaseResult& verdict) const {
    return !verdict.ok && std::isfinite(verdict.error_in_allowed_units) && precision_ != Precision::kF32;
  }

  [[nodiscard]] reference::Inputs perturbed_inputs(std::uint64_t run) const {
    Random random(test_.seed * 1000003 + run);
    reference::Inputs inputs = data_.inputs;
    const double half_rounding = 0.5 * reference::unit_roundoff(precision_);
    for (double& value : inputs.Wx) value *= 1.0 + random.real(-half_rounding, half_rounding);
    return inputs;
  }

  void add_plain_run(const reference::Inputs& inputs) {
    const std::vector<NamedTensor> plain =
        view_(as_called(test_, data_, reference::plain_run(data_.problem, inputs, data_.output_gradients, precision_)));
    plain_errors_.resize(expected_.size(), 0.0);
    for (std::size_t i = 0; i < expected_.size(); ++i) {
      const double error = distance(plain[i].values, expected_[i].values);
      // A plain run that overflows says nothing.
      if (std::isfinite(error)) plain_errors_[i] = std::max(plain_errors_[i], error);
    }
  }

  // The format in which a tensor crosses the API.
  [[nodiscard]] Precision storage(const std::string& name) const {
    if (name == "dR" || name == "db") return Precision::kF32;
    const bool state = name.starts_with("final") || name.starts_with("dinitial") || name.starts_with("dreset");
    return state || test_.by_steps ? precision_of(state_dtype_of(test_)) : precision_of(test_.dtype);
  }

  [[nodiscard]] double allowed(std::size_t i) const {
    const NamedTensor& expected = expected_[i];
    const double size = norm(expected.values);
    const Precision stored = storage(expected.name);
    double bound = plain_errors_.empty() ? 0.0 : kPlainRuns * plain_errors_[i];
    const double roundoff = reference::unit_roundoff(precision_);
    bound = std::max(bound, (precision_ == Precision::kF32 ? kAllowedF32 : kLeastRoundoffs * roundoff) * size);
    if (reference::unit_roundoff(stored) > roundoff) bound += reference::unit_roundoff(stored) * size;
    const double smallest = std::max(reference::smallest_subnormal(precision_), reference::smallest_subnormal(stored));
    return bound + kSmallestNumbers * smallest * std::sqrt(static_cast<double>(expected.values.size()));
  }

  // Empty, or what is wrong with where the tensor has NaN or Inf.
  [[nodiscard]] std::string non_finite_fault(const Values& values, const Values& expected) const {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!test_.nan_input && !std::isfinite(expected[i])) {
        return "the reference is not finite at element " + std::to_string(i) + ": the case is of no use";
      }
      if (std::isnan(expected[i]) ? !std::isnan(values[i]) : !std::isfinite(values[i])) {
        return "element " + std::to_string(i) + " is " + number(values[i]) + ", the reference has " +
               number(expected[i]);
      }
    }
    return {};
  }

  // Empty, or the first element that is not the reference's, rounded to the format of its tensor.
  [[nodiscard]] std::string inexact_fault(const NamedTensor& actual, const NamedTensor& expected) const {
    for (std::size_t i = 0; i < actual.values.size(); ++i) {
      const double exact = reference::round_to(storage(expected.name), expected.values[i]);
      if (actual.values[i] != exact) {
        return "element " + std::to_string(i) + " is " + number(actual.values[i], 9) + ", it must be exactly " +
               number(exact, 9);
      }
    }
    return {};
  }

  [[nodiscard]] CaseResult judge_tensors(const std::vector<NamedTensor>& tensors) const {
    CaseResult verdict;
    verdict.name = test_.name;
    for (std::size_t i = 0; i < expected_.size(); ++i) {
      const NamedTensor& expected = expected_[i];
      double units = kInfinity;
      std::string message;
      if (tensors[i].values.size() != expected.values.size()) {
        message = "has " + std::to_string(tensors[i].values.size()) + " elements, the reference " +
                  std::to_string(expected.values.size());
      } else {
        message = non_finite_fault(tensors[i].values, expected.values);
        if (message.empty() && test_.numbers != Numbers::kReal) {
          message = inexact_fault(tensors[i], expected);
          if (message.empty()) units = 0.0;
        } else if (message.empty()) {
          const double error = distance(tensors[i].values, expected.values);
          const double bound = allowed(i);
          units = error / bound;
          const double size = norm(expected.values);
          message = "error " + number(size > 0.0 ? error / size : error) + ", allowed " +
                    number(size > 0.0 ? bound / size : bound) + (size > 0.0 ? " of the norm" : " of zero");
        }
      }
      if (verdict.worst_tensor.empty() || units > verdict.error_in_allowed_units) {
        verdict.error_in_allowed_units = units;
        verdict.worst_tensor = expected.name;
        verdict.message = expected.name + ": " + message;
      }
    }
    verdict.ok = verdict.error_in_allowed_units <= 1.0;
    if (verdict.ok) verdict.message.clear();
    return verdict;
  }

  const Case& test_;
  const CaseData& data_;
  const View& view_;
  const std::vector<NamedTensor>& expected_;
  Precision precision_;
  Values plain_errors_;  // per tensor, the largest of the plain runs so far; empty before any
};

// The first `count` states of `values`, each under its own name.
void add_states(std::vector<NamedTensor>& list, const Case& test, const std::string& name, const Values& values,
                int count) {
  const auto block = static_cast<std::ptrdiff_t>(values.size()) / count;
  for (int s = 0; s < count; ++s) {
    list.push_back({name + "." + std::string(reference::info(test.cell).state_names[s]),
                    {values.begin() + s * block, values.begin() + (s + 1) * block}});
  }
}

int sequence_states(const Case& test) {
  if (test.output_sequence == FLASHRNN_SEQUENCE_NONE) return 0;
  const bool all = test.output_sequence == FLASHRNN_SEQUENCE_ALL && !test.by_steps;
  return all ? reference::info(test.cell).states : 1;
}

bool wants(const Case& test, Omit output) { return (test.omit & output) == 0; }

void add_to(Values& values, const Values& before) {
  for (std::size_t i = 0; i < before.size(); ++i) values[i] += before[i];
}

}  // namespace

reference::Result as_called(const Case& test, const CaseData& data, reference::Result result) {
  Values& states = result.forward.states;
  states.resize(states.size() / reference::info(test.cell).states * sequence_states(test));
  if (!result.gradients.dR.empty()) {
    add_to(result.gradients.dR, data.dR_before);
    add_to(result.gradients.db, data.db_before);
  }
  return result;
}

std::vector<NamedTensor> case_view(const Case& test, const reference::Result& result) {
  const int states = reference::info(test.cell).states;
  std::vector<NamedTensor> list;
  if (sequence_states(test) > 0) add_states(list, test, "states", result.forward.states, sequence_states(test));
  if (wants(test, kOmitFinal)) add_states(list, test, "final_states", result.forward.final_states, states);
  if (!test.training || test.by_steps) return list;
  if (wants(test, kOmitDWx)) list.push_back({"dWx", result.gradients.dWx});
  if (wants(test, kOmitDR)) list.push_back({"dR", result.gradients.dR});
  if (wants(test, kOmitDb)) list.push_back({"db", result.gradients.db});
  if (wants(test, kOmitDInitial)) {
    add_states(list, test, "dinitial_states", result.gradients.dinitial_states, states);
  }
  if (test.resets && wants(test, kOmitDReset)) {
    add_states(list, test, "dreset_states", result.gradients.dreset_states, states);
  }
  return list;
}

CaseResult compare(const Case& test, const CaseData& data, const View& view, const std::vector<NamedTensor>& expected,
                   const reference::Result& result) {
  return Comparison(test, data, view, expected).judge(result);
}

}  // namespace flashrnn::verify
