// SPDX-License-Identifier: Apache-2.0
#include "propagation/extremum_pass.hpp"

namespace constrint {
namespace {

struct Side {
  static Value outer(const Domain& d) { return d.high; }
  static Value inner(const Domain& d) { return d.low; }
  static Value better(Value a, Value b) { return std::max(a, b); }
  static bool reaches(const Domain& argument, const Domain& result) { return argument.high >= result.low; }
  static bool cap(Store& store, Var x, Value bound) { return store.set_high(x, bound); }
  static bool raise(Store& store, Var x, Value bound) { return store.set_low(x, bound); }
};

}  // namespace

Verdict Maximum::propagate(Store& store) { return propagate_extremum<Side>(store, variables()); }

}  // namespace constrint
