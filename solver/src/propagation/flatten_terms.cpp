// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "propagation/extremum.hpp"
#include "propagation/flattener.hpp"
#include "propagation/power.hpp"
#include "propagation/product.hpp"
#include "propagation/remainder.hpp"

/// Terms: linear sums, products of powers, and what gets a variable of its own.
namespace constrint {
namespace {

/// First word of a key in the table of terms. Keys of terms with conditions carry their scope.
enum Kind : Value {
  kProductKey = -2,
  kPowerKey = -3,
  kLinearKey = -4,
  kMinKey = -5,
  kMaxKey = -6,
  kQuotientKey = -7,
  kRemainderKey = -8
};

bool in_range(Wide value) { return value >= -kLimit && value <= kLimit; }

}  // namespace

void Flattener::add_term(Value coefficient, Var x, Linear& out) {
  if (coefficient == 0) return;
  if (known(x)) {
    out.constant += Wide{coefficient} * value(x);
  } else {
    out.terms.push_back({coefficient, x});
  }
}

/// coefficient * by * x, where the two numbers may not fit into one.
void Flattener::scaled(Value coefficient, Value by, Var x, Linear& out) {
  const Wide both = Wide{coefficient} * by;
  if (in_range(both)) {
    add_term(static_cast<Value>(both), x, out);
    return;
  }
  Scope top;
  std::vector<Var> factors{constant(by), x};
  add_term(coefficient, product(factors, -1, top), out);
}

void Flattener::linear(NodeId id, Value coefficient, Linear& out, Scope& scope) {
  const Node& node = model_.node(id);
  switch (node.op) {
    case Op::kConstant:
      out.constant += Wide{coefficient} * node.value;
      return;
    case Op::kVariable:
      add_term(coefficient, static_cast<Var>(node.value), out);
      return;
    case Op::kNegate:
      linear(model_.children(id)[0], -coefficient, out, scope);
      return;
    case Op::kSum:
      for (const NodeId child : model_.children(id)) linear(child, coefficient, out, scope);
      return;
    case Op::kDifference:
      linear(model_.children(id)[0], coefficient, out, scope);
      linear(model_.children(id)[1], -coefficient, out, scope);
      return;
    case Op::kProduct:
    case Op::kPower: {
      // A sum times constants stays a sum.
      NodeId sum = -1;
      if (node.op == Op::kProduct) {
        Wide constants = coefficient;
        bool plain = true;
        for (const NodeId child : model_.children(id)) {
          const Node& c = model_.node(child);
          if (c.op == Op::kConstant && in_range(constants * c.value)) {
            constants *= c.value;
          } else if (sum < 0 && (c.op == Op::kSum || c.op == Op::kDifference)) {
            sum = child;
          } else {
            plain = false;
            break;
          }
        }
        if (plain && sum >= 0) {
          linear(sum, static_cast<Value>(constants), out, scope);
          return;
        }
      }
      Monomial m;
      m.factors.swap(spare_factors_);
      m.factors.clear();
      factor(id, 1, m, scope);
      if (m.factors.empty()) {
        out.constant += Wide{coefficient} * m.coefficient;
      } else if (m.coefficient != 0) {
        scaled(coefficient, m.coefficient, monomial(m, -1, scope), out);
      }
      spare_factors_.swap(m.factors);
      return;
    }
    default:
      add_term(coefficient, atom(id, scope), out);
  }
}

void Flattener::multiply(Value by, Value exponent, Monomial& out) {
  bool overflow = false;
  const Wide power = exact_power(by, exponent, &overflow);
  if (!overflow && in_range(power) && in_range(power * out.coefficient)) {
    out.coefficient = static_cast<Value>(power * out.coefficient);
  } else {
    out.factors.push_back({constant(by), exponent});
  }
}

void Flattener::add_factor(Var x, Value exponent, Monomial& out) {
  if (known(x)) {
    multiply(value(x), exponent, out);
  } else {
    out.factors.push_back({x, exponent});
  }
}

void Flattener::factor(NodeId id, Value exponent, Monomial& out, Scope& scope) {
  const Node& node = model_.node(id);
  switch (node.op) {
    case Op::kConstant:
      multiply(node.value, exponent, out);
      return;
    case Op::kVariable:
      add_factor(static_cast<Var>(node.value), exponent, out);
      return;
    case Op::kNegate:
      if (exponent % 2 != 0) out.coefficient = -out.coefficient;
      factor(model_.children(id)[0], exponent, out, scope);
      return;
    case Op::kProduct:
      for (const NodeId child : model_.children(id)) factor(child, exponent, out, scope);
      return;
    case Op::kPower: {
      if (node.value == 0) {  // 1, where what is raised is defined
        variable_of(model_.children(id)[0], scope);
        return;
      }
      Wide both = Wide{exponent} * node.value;
      // Any base but -1, 0, 1 overflows long before; for those only the parity matters.
      if (both > kLimit) both = kLimit - (both % 2 != 0 ? 1 : 0);
      factor(model_.children(id)[0], static_cast<Value>(both), out, scope);
      return;
    }
    default:
      add_factor(variable_of(id, scope), exponent, out);
  }
}

/// The variable of a product of powers, without its coefficient; at least one factor. `result`: a variable that is to
/// stand for it, or -1.
Var Flattener::monomial(Monomial& m, Var result, Scope& scope) {
  std::vector<Factor>& factors = m.factors;
  while (true) {
    std::sort(factors.begin(), factors.end(), [](const Factor& a, const Factor& b) { return a.variable < b.variable; });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < factors.size(); ++i) {
      if (kept != 0 && factors[kept - 1].variable == factors[i].variable) {
        const Wide both = Wide{factors[kept - 1].exponent} + factors[i].exponent;
        factors[kept - 1].exponent = static_cast<Value>(both > kLimit ? kLimit - (both % 2 != 0 ? 1 : 0) : both);
      } else {
        factors[kept++] = factors[i];
      }
    }
    factors.resize(kept);
    if (kept == 1) {
      return factors[0].exponent == 1 ? factors[0].variable
                                      : power(factors[0].variable, factors[0].exponent, result, scope);
    }
    bool powers = false;
    for (Factor& f : factors) {
      if (f.exponent == 1) continue;
      f = {power(f.variable, f.exponent, -1, scope), 1};
      powers = true;
    }
    if (!powers) break;  // a power's variable may stand elsewhere among the factors
  }
  std::vector<Var> variables;
  variables.swap(spare_variables_);
  variables.clear();
  for (const Factor& f : factors) variables.push_back(f.variable);
  const Var y = product(variables, result, scope);
  spare_variables_.swap(variables);
  return y;
}

Var Flattener::power(Var base, Value exponent, Var result, Scope&) {
  const Value key[] = {kPowerKey, base, exponent};
  if (const Var there = table_.find(key); there >= 0) return there;
  const Var y = result >= 0 ? result : fresh(all_integers());
  table_.insert(key, y);
  const Var variables[] = {base, y};
  define(y, engine_.permanent().make<Power>(keep(variables), exponent));
  return y;
}

/// `factors` are sorted and differ.
Var Flattener::product(std::vector<Var>& factors, Var result, Scope& scope) {
  while (factors.size() > kMaxFactors) {
    std::vector<Var> part(factors.end() - static_cast<std::ptrdiff_t>(kMaxFactors), factors.end());
    factors.resize(factors.size() - kMaxFactors);
    factors.push_back(product(part, -1, scope));
  }
  Value words[kMaxFactors + 1];
  words[0] = kProductKey;
  std::copy(factors.begin(), factors.end(), words + 1);
  const std::span<const Value> key(words, factors.size() + 1);
  if (const Var there = table_.find(key); there >= 0) return there;
  const Var y = result >= 0 ? result : fresh(all_integers());
  table_.insert(key, y);
  factors.push_back(y);
  const std::span<const Var> variables = keep(factors);
  define(y, engine_.permanent().make<Product>(variables));
  define(y, engine_.permanent().make<ProductValues>(variables));
  return y;
}

Var Flattener::variable_of(NodeId id, Scope& scope) {
  const Node& node = model_.node(id);
  if (node.op == Op::kVariable) return static_cast<Var>(node.value);
  if (node.op >= Op::kQuotient && node.op != Op::kPower && node.op <= Op::kMax) return atom(id, scope);
  Linear l;
  linear(id, 1, l, scope);
  return variable_of(l, scope);
}

Var Flattener::variable_of(Linear& l, Scope& scope) {
  simplify(l);
  if (l.terms.empty() && in_range(l.constant)) return constant(static_cast<Value>(l.constant));
  if (l.terms.size() == 1 && l.terms[0].coefficient == 1 && l.constant == 0) return l.terms[0].variable;
  while (l.terms.size() >= kMaxTerms) {
    Linear part;
    const auto from = l.terms.end() - static_cast<std::ptrdiff_t>(kMaxTerms / 2);
    part.terms.assign(from, l.terms.end());
    l.terms.erase(from, l.terms.end());
    l.terms.push_back({1, variable_of(part, scope)});
  }
  std::vector<Value> key;
  key.reserve(3 + 2 * l.terms.size());
  key.insert(key.end(), {kLinearKey, static_cast<Value>(l.constant), static_cast<Value>(l.constant >> 64)});
  for (const Term& t : l.terms) {
    key.push_back(t.coefficient);
    key.push_back(t.variable);
  }
  if (const Var there = table_.find(key); there >= 0) return there;
  const Var y = fresh(all_integers());
  table_.insert(key, y);
  l.terms.push_back({-1, y});
  define(y, linear_propagator(Op::kEqual, l.terms, l.constant));
  return y;
}

/// What is neither a sum nor a product.
Var Flattener::atom(NodeId id, Scope& scope) {
  const Node& node = model_.node(id);
  const std::span<const NodeId> children = model_.children(id);
  if (node.op == Op::kList) {
    std::vector<Value> values;
    for (const NodeId child : children) values.push_back(model_.node(child).value);
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    std::vector<Progression> singles;
    for (const Value v : values) singles.push_back({v, v, 1});
    return fresh(from_progressions(singles, engine_.permanent()));
  }
  if (node.op == Op::kQuotient || node.op == Op::kRemainder) {
    const Var a = variable_of(children[0], scope);
    const Var b = variable_of(children[1], scope);
    return node.op == Op::kQuotient ? quotient(a, b, scope) : remainder(a, b, scope);
  }
  std::vector<Var> arguments;
  for (const NodeId child : children) arguments.push_back(variable_of(child, scope));
  std::sort(arguments.begin(), arguments.end());
  arguments.erase(std::unique(arguments.begin(), arguments.end()), arguments.end());
  if (arguments.size() == 1) return arguments[0];
  std::vector<Value> key{node.op == Op::kMin ? kMinKey : kMaxKey};
  key.insert(key.end(), arguments.begin(), arguments.end());
  if (const Var there = table_.find(key); there >= 0) return there;
  const Var y = fresh(all_integers());
  table_.insert(key, y);
  arguments.push_back(y);
  const std::span<const Var> variables = keep(arguments);
  if (node.op == Op::kMin) {
    define(y, engine_.permanent().make<Minimum>(variables));
  } else {
    define(y, engine_.permanent().make<Maximum>(variables));
  }
  return y;
}

void Flattener::not_zero(Var x, Scope& scope) {
  if (scope.id == 0) {
    if (!store_.remove(x, 0)) scope.possible = false;
    if (!store_[x].contains(0)) return;
  }
  const Term term[] = {{1, x}};
  post(linear_propagator(Op::kNotEqual, term, 0), scope);
}

/// q with q * b == a and b != 0.
Var Flattener::quotient(Var a, Var b, Scope& scope) {
  const Value key[] = {kQuotientKey, scope.id, a, b};
  if (const Var there = table_.find(key); there >= 0) return there;
  Var q = -1;
  if (a == b) {
    q = constant(1);
  } else if (known(b) && value(b) == 1) {
    q = a;
  } else {
    q = fresh(all_integers());
    if (known(b) && value(b) != 0) {
      const Term terms[] = {{value(b), q}, {-1, a}};
      post(linear_propagator(Op::kEqual, terms, 0), scope);
    } else {
      const Var variables[] = {q, b, a};
      post(engine_.permanent().make<Product>(keep(variables)), scope);
    }
  }
  not_zero(b, scope);
  table_.insert(key, q);
  return q;
}

Var Flattener::remainder(Var a, Var b, Scope& scope) {
  const Value key[] = {kRemainderKey, scope.id, a, b};
  if (const Var there = table_.find(key); there >= 0) return there;
  Var r = -1;
  if (a == b) {
    r = constant(0);
    not_zero(b, scope);
  } else {
    r = fresh(all_integers());
    const Var variables[] = {a, b, r};
    post(engine_.permanent().make<Remainder>(keep(variables)), scope);
  }
  table_.insert(key, r);
  return r;
}

}  // namespace constrint
