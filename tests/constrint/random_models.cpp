// SPDX-License-Identifier: Apache-2.0
#include "random_models.hpp"

#include <algorithm>
#include <utility>

namespace constrint::testing {
namespace {

struct Writer {
  Random& random;
  int variables;

  std::string number() { return std::to_string(random.between(0, random.one_in(3) ? 24 : 6)); }
  std::string name() { return std::string(1, static_cast<char>('A' + random.between(0, variables - 1))); }

  std::string term(int depth) {
    if (depth == 0 || random.one_in(4)) {
      if (random.one_in(4)) return number();
      if (random.one_in(12)) return "[" + number() + ", " + number() + "]";
      return name();
    }
    const std::string a = "(" + term(depth - 1) + ")";
    const std::string b = "(" + term(depth - 1) + ")";
    switch (random.between(0, 10)) {
      case 0:
      case 1:
        return a + " + " + b;
      case 2:
        return a + " - " + b;
      case 3:
      case 4:
      case 5:
        return a + " * " + b;
      case 6:
        return a + " / " + b;
      case 7:
        return a + " % " + b;
      case 8:
        return "-" + a;
      case 9:
        return (random.one_in(2) ? "min(" : "max(") + a + ", " + b + (random.one_in(3) ? ", " + name() + ")" : ")");
      default:
        return "(" + name() + ")^" + std::to_string(random.between(0, 3));
    }
  }

  std::string constraint(int depth) {
    if (depth > 0 && random.one_in(3)) {
      const std::string glue = random.one_in(2) ? " | " : " & ";
      std::string text = "(" + constraint(depth - 1) + ")" + glue + "(" + constraint(depth - 1) + ")";
      if (random.one_in(3)) text += glue + "(" + constraint(depth - 1) + ")";
      return text;
    }
    static constexpr const char* kRelations[] = {" == ", " == ", " <= ", " < ", " >= ", " > ", " != "};
    if (random.one_in(5)) return "(" + term(1) + ") % (" + term(1) + ") == 0";
    if (random.one_in(6)) return name() + " * " + name() + " == " + name();
    return term(2) + kRelations[random.between(0, 6)] + term(random.one_in(2) ? 1 : 2);
  }
};

}  // namespace

std::string random_model(Random& random, bool objective) {
  Writer write{random, static_cast<int>(random.between(1, 4))};
  std::string text;
  for (int i = 0; i < write.variables; ++i) {
    const Value low = random.one_in(3) ? random.between(-5, 0) : random.between(0, 3);
    const Value count = random.between(1, write.variables > 3 ? 5 : 10);
    const Value step = random.one_in(3) ? random.between(1, 4) : 1;
    text += std::string("var ") + static_cast<char>('A' + i) + " in ";
    if (random.one_in(4)) {
      text += "[";
      Value v = low;
      for (Value k = 0; k < count; ++k, v += random.between(1, 9)) text += (k == 0 ? "" : ", ") + std::to_string(v);
      text += "];\n";
    } else {
      text += std::to_string(low) + ".." + std::to_string(low + step * (count - 1));
      if (step > 1 && count > 1) text += " step " + std::to_string(step);
      text += ";\n";
    }
  }
  for (Value i = random.between(1, 5); i > 0; --i) text += write.constraint(2) + ";\n";
  if (objective) text += (random.one_in(2) ? "minimize " : "maximize ") + write.term(2) + ";\n";
  return text;
}

SolveOptions random_order(Random& random, const Model& model) {
  SolveOptions options;
  const auto order = [&] { return random.one_in(2) ? ValueOrder::kLargestFirst : ValueOrder::kSmallestFirst; };
  for (const Variable& v : model.variables()) {
    if (!random.one_in(4)) options.order.push_back({v.name, order()});
  }
  for (std::size_t i = options.order.size(); i > 1; --i) {
    std::swap(options.order[i - 1],
              options.order[static_cast<std::size_t>(random.between(0, static_cast<Value>(i) - 1))]);
  }
  options.rest = order();
  return options;
}

}  // namespace constrint::testing
