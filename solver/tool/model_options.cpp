// SPDX-License-Identifier: Apache-2.0
#include "model_options.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>

#include "commands.hpp"
#include "constrint/parse.hpp"
#include "lists.hpp"

namespace constrint::tool {
namespace {

std::string read_file(const std::string& name) {
  struct Close {
    void operator()(std::FILE* file) const {
      if (file != stdin) std::fclose(file);
    }
  };
  const auto refuse = [&] {
    return UsageError("The file '" + name + "' can't be read: " + std::strerror(errno) +
                      ". Give the name of a model's text, or - for standard input.");
  };
  const std::unique_ptr<std::FILE, Close> file(name == "-" ? stdin : std::fopen(name.c_str(), "rb"));
  if (file == nullptr) throw refuse();
  std::string text;
  std::array<char, 65536> buffer{};
  for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), file.get())) > 0;) {
    text.append(buffer.data(), count);
  }
  if (std::ferror(file.get()) != 0) throw refuse();
  return text;
}

std::string shown_name(const std::string& file) { return file == "-" ? "standard input" : file; }

/// The line of an error with a caret under its column; a long line is cut around it.
std::string marked_line(const std::string& text, Location where) {
  std::size_t begin = 0;
  for (int line = 1; line < where.line; ++line) begin = text.find('\n', begin) + 1;
  std::string line = text.substr(begin, std::min(text.find('\n', begin), text.size()) - begin);
  auto column = static_cast<std::size_t>(where.column) - 1;
  constexpr std::size_t kWidth = 100;
  if (line.size() > kWidth) {
    const std::size_t cut = column > kWidth / 2 ? column - kWidth / 2 : 0;
    line = line.substr(cut, kWidth);
    column -= cut;
  }
  std::string blanks;
  for (char& c : line) {
    // Nothing that a terminal would obey; a blank of the caret's line is as wide as the character above it.
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
    const bool continues = (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
    if (static_cast<std::size_t>(&c - line.data()) < column && !continues) blanks += ' ';
  }
  return "    " + line + "\n    " + blanks + "^";
}

/// All errors of a text in one message.
UsageError refusal(const std::vector<ParseError>& errors, const std::string& text) {
  std::string message;
  for (const ParseError& error : errors) {
    message += (message.empty() ? "" : "\n") + error.text() + ".\n" + marked_line(text, error.where);
  }
  return UsageError(message);
}

}  // namespace

void add_model_options(CLI::App& app, ModelOptions& options) {
  app.add_option("files", options.files, "Texts of the model, which are read as one; - is standard input")
      ->required()
      ->type_name("FILE");
  app.add_flag("--compat", options.compat,
               "Read the files in the original's format, which ignores brackets (docs/constrint/language.md)");
  app.add_option("--set", options.constants, "Values of variables, as part of the model: 'A=1,B=2'")
      ->type_name("LIST")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

Loaded load(const ModelOptions& options) {
  Loaded loaded;
  for (const std::string& file : options.files) {
    const std::string text = read_file(file);
    ParseOptions parse_options;
    parse_options.compat = options.compat;
    parse_options.part = shown_name(file);
    const auto start = std::chrono::steady_clock::now();
    const std::vector<ParseError> errors = parse_into(loaded.model, text, parse_options);
    loaded.parse_ms += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    if (!errors.empty()) throw refusal(errors, text);
  }
  for (const std::string& list : options.constants) {
    for (const Assigned& constant : read_assignments("--set", list)) {
      index_of("--set", loaded.model, constant.name);
      assign(loaded.model, constant.name, constant.value, "--set");
    }
  }
  return loaded;
}

void set_objective(Model& model, const std::string& option, const std::string& term, bool maximize) {
  ParseOptions options;
  options.part = option;
  const std::vector<ParseError> errors = parse_objective(model, term, maximize, options);
  if (!errors.empty()) throw refusal(errors, term);
}

void assign(Model& model, const std::string& name, Value value, const std::string& part) {
  if (model.declare(name, {{value, value, 1}})) return;
  const std::array sides{model.add_variable(*model.find(name)), model.add_constant(value)};
  model.add_constraint(model.add_node(Op::kEqual, sides), {}, part);
}

}  // namespace constrint::tool
