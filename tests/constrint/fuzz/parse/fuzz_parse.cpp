// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <string_view>

#include "constrint/parse.hpp"
#include "tests/constrint/model_dump.hpp"
#include "tests/fuzz/bytes.hpp"

/// Any bytes as a text, in both modes. What is held: errors have places inside the text and no model; a model is
/// printed, parsed again and is the same then.
namespace {

using constrint::Model;
using constrint::ParseResult;

void check_errors(const ParseResult& result, std::string_view text) {
  FUZZ_CHECK(result.errors.size() <= 20, "%zu errors", result.errors.size());
  FUZZ_CHECK(result.model.variables().empty() && result.model.constraints().empty(), "a model in spite of errors");
  for (const constrint::ParseError& error : result.errors) {
    FUZZ_CHECK(!error.message.empty() && error.message.size() < 400, "a message of %zu bytes", error.message.size());
    FUZZ_CHECK(error.where.line >= 1 && error.where.column >= 1, "line %d, column %d", error.where.line,
               error.where.column);
    std::size_t begin = 0;
    for (int line = 1; line < error.where.line; ++line) {
      begin = text.find('\n', begin) + 1;
      FUZZ_CHECK(begin != 0, "line %d of fewer", error.where.line);
    }
    FUZZ_CHECK(begin + static_cast<std::size_t>(error.where.column) - 1 <= text.size(), "column %d behind the end",
               error.where.column);
  }
}

void check_model(const Model& model) {
  const std::string printed = model.text();
  const ParseResult again = constrint::parse(printed);
  FUZZ_CHECK(again.ok(), "%s\n  in %s", again.errors.front().text().c_str(), printed.c_str());
  FUZZ_CHECK(constrint::test::dump(again.model) == constrint::test::dump(model), "another tree from %s",
             printed.c_str());
  FUZZ_CHECK(again.model.text() == printed, "printed in another way: %s", printed.c_str());
  for (const constrint::Variable& variable : model.variables()) {
    FUZZ_CHECK(!variable.domain.empty(), "no values of %s", variable.name.c_str());
    for (std::size_t i = 0; i < variable.domain.size(); ++i) {
      const constrint::Progression& p = variable.domain[i];
      const auto span = static_cast<std::uint64_t>(p.last) - static_cast<std::uint64_t>(p.first);
      FUZZ_CHECK(p.step >= 1 && p.first <= p.last && span % static_cast<std::uint64_t>(p.step) == 0,
                 "a bad progression");
      FUZZ_CHECK(i == 0 || variable.domain[i - 1].last < p.first, "progressions out of order");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool compat : {false, true}) {
    const ParseResult result = constrint::parse(text, {.compat = compat});
    if (result.ok()) {
      check_model(result.model);
    } else {
      check_errors(result, text);
    }
    Model model;
    model.declare("A", {{0, 30, 3}});
    const bool merged = constrint::parse_into(model, text, {.compat = compat}).empty();
    FUZZ_CHECK(merged || model.variables().size() == 1, "a text with errors changed the model");
  }
  Model model;
  model.variable("A");
  if (constrint::parse_objective(model, text, false).empty()) check_model(model);
  return 0;
}
