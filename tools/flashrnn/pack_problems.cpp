// SPDX-License-Identifier: Apache-2.0
#include "pack_problems.hpp"

#include <CLI/CLI.hpp>
#include <fstream>

#include "error.hpp"
#include "text.hpp"

namespace flashrnn::tool {
namespace {

Question parse_problem(const std::string& line) {
  Question question;
  CLI::App app;
  app.set_help_flag();
  add_problem_options(app, question.problem);
  app.add_flag("--inference", question.inference);
  std::vector<std::string> words = split(line, ' ');
  std::vector<std::string> backwards(words.rbegin(), words.rend());  // as CLI11 takes them
  try {
    app.parse(backwards);
  } catch (const CLI::ParseError& error) {
    const std::vector<std::string> unknown = app.remaining();
    throw UsageError(unknown.empty() ? std::string(error.what()) + "."
                                     : "'" + unknown.front() + "' is no option of a problem.");
  }
  check_question(question);
  return question;
}

}  // namespace

std::vector<ListedProblem> read_problems(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw UsageError("--problems names '" + file + "', which can't be read.");
  std::vector<ListedProblem> problems;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    line = line.substr(0, line.find('#'));
    for (char& letter : line) letter = letter == '\t' || letter == '\r' ? ' ' : letter;
    if (split(line, ' ').empty()) continue;
    const std::string place = file + ":" + std::to_string(number);
    try {
      problems.push_back({parse_problem(line), place});
    } catch (const std::runtime_error& error) {
      throw UsageError(place + ": " + error.what());
    }
  }
  if (problems.empty()) throw UsageError("The file '" + file + "' has no problem; write one a line, as: -B 16 -D 64");
  return problems;
}

}  // namespace flashrnn::tool
