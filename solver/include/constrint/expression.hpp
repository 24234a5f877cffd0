// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// The nodes that a model's terms and constraints are made of.
namespace constrint {

using Value = std::int64_t;

/// Constants and declared bounds lie in [-kLimit, kLimit]. Terms are computed exactly, in 128 bits; one that leaves
/// them where its value decides whether a solution holds is an overflow error that names the constraint. So is an
/// objective that leaves 64 bits.
inline constexpr Value kLimit = Value{1} << 62;

/// How deep a tree of nodes may be: what walks trees may recurse so far.
inline constexpr int kMaxDepth = 256;

/// The domain of a variable that was not declared: [1, 2^30], as in the original's files.
inline constexpr Value kDefaultLow = 1;
inline constexpr Value kDefaultHigh = Value{1} << 30;

/// A place in a text, both counted from 1. 0: made in code.
struct Location {
  int line = 0;
  int column = 0;
};

/// first, first + step, ..., last. step >= 1, last - first is a multiple of step, first <= last.
struct Progression {
  Value first = 0;
  Value last = 0;
  Value step = 1;
};

enum class Op : std::uint8_t {
  // Terms.
  kConstant,    ///< Node::value
  kVariable,    ///< Node::value is the variable's index
  kList,        ///< any one of the constants among its children; each occurrence chooses for itself
  kNegate,      ///< - a
  kSum,         ///< a + b + ...
  kDifference,  ///< a - b
  kProduct,     ///< a * b * ...
  kQuotient,    ///< a / b: exact. Its constraint holds only where b != 0 and b divides a.
  kRemainder,   ///< a % b in [0, |b|) with a - (a % b) a multiple of b. Its constraint holds only where b != 0.
  kPower,       ///< a ^ Node::value, the exponent a constant >= 0; x ^ 0 is 1
  kMin,         ///< min(a, b, ...)
  kMax,         ///< max(a, b, ...)
  // Constraints.
  kEqual,
  kNotEqual,
  kLessEqual,
  kLess,
  kGreaterEqual,
  kGreater,
  kAll,  ///< every child holds (`&`)
  kAny,  ///< at least one child holds (`|`)
};

constexpr bool is_constraint(Op op) { return op >= Op::kEqual; }

/// Index of a node in its model.
using NodeId = std::int32_t;

struct Node {
  Op op = Op::kConstant;
  std::uint16_t depth = 1;  ///< levels of the tree below, this one included; 65535: that or more
  NodeId first_child = 0;   ///< index into the model's list of children
  std::int32_t children = 0;
  Value value = 0;
  Location where;
};

}  // namespace constrint
