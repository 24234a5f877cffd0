// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "verify/case.hpp"
#include "verify/golden.hpp"

namespace flashrnn::verify {

struct CaseResult {
  std::string name;
  bool ok = false;
  double error_in_allowed_units = 0.0;  ///< the largest of all tensors; infinite when a call or a check failed
  std::string worst_tensor;
  std::string message;  ///< empty when ok
};

/// How results, as the case's calls give them, are turned into the tensors that are compared: in our layouts, or in
/// those of a golden case.
using View = std::function<std::vector<NamedTensor>(const reference::Result&)>;

/// A result of the reference as the case's calls would give it: states that are not asked for are left out, dR and db
/// are added to what was there before.
reference::Result as_called(const Case& test, const CaseData& data, reference::Result result);

/// The tensors that the case asks for, states apart from each other.
std::vector<NamedTensor> case_view(const Case& test, const reference::Result& result);

/// Holds `result` against `expected`, tensor by tensor: the distance ||out - ref||, in units of the allowed one.
///
/// fp32: 1e-5 ||ref||. fp16, bf16, and fp32 with TF32 products allowed: twice the distance of the plain run of the same
/// precision, but at least twice the unit roundoff (a plain run of few elements can be lucky). A tensor that crosses
/// the API in a coarser dtype than the case computes in has the roundoff of that dtype on top, and each element may be
/// a few of its smallest numbers off. One plain run of few elements says little about the error that rounding may
/// cause: only when a bound is exceeded, it is taken over further plain runs, whose Wx differ by half a rounding. NaN
/// and Inf never pass, except that a case with nan_input must have NaN exactly where the reference has it. Cases of
/// other Numbers than kReal allow no error at all.
CaseResult compare(const Case& test, const CaseData& data, const View& view, const std::vector<NamedTensor>& expected,
                   const reference::Result& result);

}  // namespace flashrnn::verify
