// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "flashrnn/flashrnn.hpp"
#include "message.hpp"
#include "text.hpp"

namespace flashrnn::tool {
namespace {

constexpr const char* kExitCodes =
    "Exit codes:\n"
    "  0  what was asked was done, and holds\n"
    "  1  it was done, and does not hold (a check failed)\n"
    "  2  an option, a file or a value can't be used; the message says what can\n"
    "  3  the device is missing, or the library reports an error\n";

std::string unknown_command(const std::string& word) {
  std::vector<std::string> names;
  for (const Command& command : commands()) names.emplace_back(command.name);
  return "There is no command '" + word + "'." + did_you_mean(word, names) + " Give one of: " + join(names) + ".";
}

std::string unexpected_word(const CLI::App& app, const std::string& name, const std::string& word) {
  if (!word.starts_with('-'))
    return "'" + word + "' is no option; options begin with a dash. See '" + name + " --help'.";
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& known : option->get_lnames()) names.push_back("--" + known);
  }
  return "There is no option " + word + "." + did_you_mean(word, names) + " '" + name + " --help' lists the options.";
}

/// What CLI11 found wrong with the words of `app`, which is `name` on the command line.
std::string parse_message(const CLI::App& app, const std::string& name, const CLI::ParseError& error) {
  const std::vector<std::string> unexpected = app.remaining();
  if (!unexpected.empty()) return unexpected_word(app, name, unexpected.front());
  const std::string what = error.what();
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ArgumentMismatch)) {
    return what.substr(0, what.find(':')) + " needs a value after it; see '" + name + " --help'.";
  }
  return what + ". '" + name + " --help' lists the options.";
}

int usage_error(const CLI::App& app, const std::vector<std::pair<CLI::App*, Action>>& added, int argc, char** argv,
                const CLI::ParseError& error) {
  for (const auto& [subcommand, action] : added) {
    if (!subcommand->parsed()) continue;
    const std::string name = "flashrnn " + subcommand->get_name();
    complain(name, parse_message(*subcommand, name, error));
    return kExitUsage;
  }
  if (argc == 1) {
    std::fputs(app.help().c_str(), stderr);
  } else if (argv[1][0] == '-') {
    complain("flashrnn", unexpected_word(app, "flashrnn", argv[1]));
  } else {
    complain("flashrnn", unknown_command(argv[1]));
  }
  return kExitUsage;
}

int run(int argc, char** argv) {
  CLI::App app{
      "FlashRNN: fused kernels for recurrent networks (LSTM, GRU, Elman, sLSTM) on this machine.\n"
      "Each command has its own help: flashrnn bench --help",
      "flashrnn"};
  app.set_version_flag("--version", std::string("flashrnn ") + flashrnn_version(), "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this text and exit");
  app.footer(kExitCodes);
  app.require_subcommand(1);
  std::vector<std::pair<CLI::App*, Action>> added;
  for (const Command& command : commands()) {
    CLI::App* subcommand = app.add_subcommand(command.name, command.summary);
    added.emplace_back(subcommand, command.add(*subcommand));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help and --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, added, argc, argv, error);
  } catch (const UsageError& error) {  // a number out of its range
    complain(std::string("flashrnn ") + argv[1], error.what());
    return kExitUsage;
  }
  for (const auto& [subcommand, action] : added) {
    if (!subcommand->parsed()) continue;
    const std::string name = "flashrnn " + subcommand->get_name();
    try {
      return action();
    } catch (const UsageError& error) {
      complain(name, error.what());
      return kExitUsage;
    } catch (const std::bad_alloc&) {
      complain(name, "The memory does not suffice; give a smaller -B, -T, -N or -D");
    } catch (const std::exception& error) {
      complain(name, error.what());
    }
    return kExitDevice;
  }
  return kExitUsage;
}

}  // namespace
}  // namespace flashrnn::tool

int main(int argc, char** argv) {
  try {
    return flashrnn::tool::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "flashrnn: %s\n", error.what());
    return flashrnn::tool::kExitDevice;
  }
}
