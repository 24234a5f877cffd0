// SPDX-License-Identifier: Apache-2.0
#include <constrint/constrint.hpp>
#include <cstdio>
#include <optional>

// The largest tile that divides a size, from a text and from code.
int main() {
  const constrint::ParseResult text =
      constrint::parse("var TILE in 8..128 step 8; SIZE == 192; SIZE % TILE == 0; maximize TILE;");
  if (!text.ok()) {
    std::fprintf(stderr, "%s\n", text.errors.front().text().c_str());
    return 1;
  }
  constrint::Builder b;
  const auto tile = b.variable("TILE", 8, 128, 8);
  b.require(b.constant("SIZE", 192) % tile == 0);
  b.maximize(tile);
  const std::optional<constrint::Model> code = b.build();
  if (!code) {
    std::fprintf(stderr, "%s\n", b.errors().front().c_str());
    return 1;
  }
  for (const constrint::Model* const model : {&text.model, &*code}) {
    const constrint::SolveResult result = constrint::solve(*model);
    if (result.solutions.size() != 1 || result.objective != 96) {
      std::fprintf(stderr, "%zu solutions, TILE is %lld\n", result.solutions.size(),
                   static_cast<long long>(result.objective));
      return 1;
    }
  }
  return 0;
}
