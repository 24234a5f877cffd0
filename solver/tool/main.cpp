// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "output.hpp"

namespace constrint::tool {
namespace {

constexpr const char* kExitCodes =
    "Exit codes:\n"
    "  0  there is a solution; the values checked hold\n"
    "  1  there is no solution; they do not hold\n"
    "  2  an option, a file or a value can't be used; the message says what can\n"
    "  3  stopped by a limit before the answer was known\n"
    "  4  overflow: a term left the 64-bit range where its value decides; the message names the constraint\n";

void complain(const std::string& name, std::string message) {
  if (!message.ends_with('.') && !message.ends_with('^')) message.push_back('.');
  std::fprintf(stderr, "%s: %s\n", name.c_str(), message.c_str());
}

/// A word that is no option of `app`, which is `name` on the command line.
std::string unexpected_word(const CLI::App& app, const std::string& name, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& known : option->get_lnames()) names.push_back("--" + known);
  }
  return "There is no option " + word + "." + did_you_mean(word, names) + " '" + name + " --help' lists the options.";
}

std::string parse_message(const CLI::App& app, const std::string& name, const CLI::ParseError& error) {
  const std::vector<std::string> unexpected = app.remaining();
  if (!unexpected.empty()) return unexpected_word(app, name, unexpected.front());
  const std::string what = error.what();
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError)) {
    return "It needs the file of a model, or - for standard input; see '" + name + " --help'.";
  }
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ArgumentMismatch)) {
    return what.substr(0, what.find(':')) + " needs a value after it; see '" + name + " --help'.";
  }
  return what + ". '" + name + " --help' lists the options.";
}

int usage_error(const CLI::App& app, const std::vector<std::pair<CLI::App*, Action>>& added, int argc, char** argv,
                const CLI::ParseError& error) {
  for (const auto& [subcommand, action] : added) {
    if (!subcommand->parsed()) continue;
    const std::string name = "constrint " + subcommand->get_name();
    complain(name, parse_message(*subcommand, name, error));
    return kExitUsage;
  }
  if (argc == 1) {
    std::fputs(app.help().c_str(), stderr);
    return kExitUsage;
  }
  const std::string word = argv[1];
  if (word.starts_with('-')) {
    complain("constrint", unexpected_word(app, "constrint", word));
    return kExitUsage;
  }
  std::vector<std::string> names;
  for (const Command& command : commands()) names.emplace_back(command.name);
  complain("constrint", "There is no command '" + word + "'." + did_you_mean(word, names) +
                            " Give one of: solve, check, explain, domains.");
  return kExitUsage;
}

int run(int argc, char** argv) {
  CLI::App app{
      "ConstrINT: an integer constraint solver for sums, products, powers and divisibility.\n"
      "Each command has its own help: constrint solve --help",
      "constrint"};
  app.set_version_flag("--version", "constrint " CONSTRINT_VERSION, "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this text and exit");
  app.footer(kExitCodes);
  app.require_subcommand(1);
  std::vector<std::pair<CLI::App*, Action>> added;
  for (const Command& command : commands()) {
    CLI::App* const subcommand = app.add_subcommand(command.name, command.summary);
    added.emplace_back(subcommand, command.add(*subcommand));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help and --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, added, argc, argv, error);
  } catch (const UsageError& error) {  // a number out of its range
    complain(std::string("constrint ") + argv[1], error.what());
    return kExitUsage;
  }
  for (const auto& [subcommand, action] : added) {
    if (!subcommand->parsed()) continue;
    const std::string name = "constrint " + subcommand->get_name();
    try {
      return action();
    } catch (const UsageError& error) {
      complain(name, error.what());
    } catch (const Overflow& error) {
      complain(name, error.what());
      return kExitOverflow;
    } catch (const std::bad_alloc&) {
      complain(name, "The memory does not suffice; give a smaller model, or --all a smaller number");
      return kExitLimit;
    }
  }
  return kExitUsage;
}

}  // namespace
}  // namespace constrint::tool

int main(int argc, char** argv) {
  try {
    return constrint::tool::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "constrint: %s\n", error.what());
    return constrint::tool::kExitUsage;
  }
}
