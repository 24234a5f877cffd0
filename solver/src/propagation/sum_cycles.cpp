// SPDX-License-Identifier: Apache-2.0
#include "propagation/sum_cycles.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

namespace constrint {
namespace {

/// One side of a relation: its terms with positive coefficients, by variable. Equal sides are one node.
using Side = std::vector<std::pair<Var, Value>>;

/// from - to <= most
struct Edge {
  std::size_t from;
  std::size_t to;
  Wide most;
};

constexpr std::size_t kMaxSteps = std::size_t{1} << 22;
/// Sums over 2^22 edges stay under 2^126, scaled ones too.
constexpr Wide kFar = Wide{1} << 83;
/// x - y <= 1 stands for 2 x - 2 y <= 2 as well, for the coefficients that occur elsewhere, if they are few and small.
constexpr std::size_t kMaxScales = 8;
constexpr Value kMaxScale = Value{1} << 20;

}  // namespace

bool add_up_to_contradiction(const std::vector<LinearRelation>& relations) {
  std::map<Side, std::size_t> sides;
  std::vector<Edge> edges;
  std::set<Value> scales{1};
  for (const LinearRelation& relation : relations) {
    if (relation.terms.size() != 2) continue;
    for (const Term& term : relation.terms) {
      if (term.coefficient < kMaxScale && -term.coefficient < kMaxScale && scales.size() < kMaxScales) {
        scales.insert(static_cast<Value>(magnitude(term.coefficient)));
      }
    }
  }
  for (const LinearRelation& relation : relations) {
    if (relation.constant > kFar || relation.constant < -kFar) continue;
    Side above;
    Side below;
    for (const Term& term : relation.terms) {
      (term.coefficient > 0 ? above : below)
          .push_back({term.variable, static_cast<Value>(magnitude(term.coefficient))});
    }
    std::sort(above.begin(), above.end());
    std::sort(below.begin(), below.end());
    const bool scalable = relation.terms.size() == 2 &&
                          std::all_of(relation.terms.begin(), relation.terms.end(),
                                      [](const Term& term) { return term.coefficient == 1 || term.coefficient == -1; });
    for (const Value scale : scales) {
      if (scale != 1 && !scalable) break;
      for (Side* side : {&above, &below}) {
        for (auto& term : *side) term.second = scale == 1 ? term.second : scale;
      }
      const std::size_t from = sides.try_emplace(above, sides.size()).first->second;
      const std::size_t to = sides.try_emplace(below, sides.size()).first->second;
      const Wide constant = relation.constant * scale;
      edges.push_back({from, to, -constant});
      if (relation.equal) edges.push_back({to, from, constant});
    }
  }
  if (sides.size() * edges.size() > kMaxSteps) return false;
  // The least `potential` that the edges leave, from 0 everywhere; it still falls after as many rounds as there are
  // nodes only around a cycle whose sum is negative.
  std::vector<Wide> potential(sides.size(), 0);
  for (std::size_t round = 0; round <= sides.size(); ++round) {
    bool moved = false;
    for (const Edge& edge : edges) {
      if (potential[edge.to] + edge.most >= potential[edge.from]) continue;
      potential[edge.from] = potential[edge.to] + edge.most;
      moved = true;
    }
    if (!moved) return false;
  }
  return true;
}

}  // namespace constrint
