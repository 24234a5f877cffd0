// SPDX-License-Identifier: Apache-2.0
// Trains sLSTM and LSTM to follow the parity of bit strings of up to 40 bits, and asks for strings of 256 bits. The
// same network without its recurrent matrix cannot do it: parity needs a state that feeds back into the gates.
#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>

#include "common/arguments.hpp"
#include "common/progress.hpp"
#include "state_tracking/model.hpp"

namespace {

constexpr const char* kHelp =
    "state_tracking: trains sLSTM and LSTM on the parity of bit strings (up to 40 bits), tests them on 256 bits,\n"
    "and shows that the same networks with R = 0 stay at chance.\n"
    "\n"
    "  --quick          fewer steps for the networks with R = 0, a smaller test\n"
    "  --seed NUMBER    of weights and data (default 1)\n"
    "  --device NAME    device to run on (default cpu)\n"
    "  --threads N      CPU threads, 0 = one per core (default 0)\n"
    "  --help           this text\n"
    "\n"
    "Ends with 0 when both reach 99 % and both with R = 0 stay below 60 %, with 1 when not, with 2 on a wrong option,\n"
    "with 3 when the library reports an error.\n";

constexpr std::size_t kRows = 64;
constexpr std::size_t kTrainLength = 40;
constexpr std::size_t kTestLength = 256;
constexpr double kGoal = 0.99;
constexpr double kLearnt = 0.9999;  ///< part of the validation prefixes at which training ends
constexpr double kChanceLimit = 0.60;

struct Settings {
  int most_steps;     ///< of a network that has R
  int steps_without;  ///< of a network with R = 0: it never reaches the goal
  std::size_t test_strings;
  std::uint64_t seed;
};

struct Outcome {
  int steps = 0;
  double seconds = 0.0;
  ParityScore test;
};

std::string percent(double part) {
  char text[16];
  std::snprintf(text, sizeof text, "%.1f %%", 100.0 * part);
  return text;
}

/// Lengths grow by 8 bits as soon as the present ones are known, or after kPatience steps.
Outcome train(const flashrnn::Context& context, const std::string& cell, bool recurrent, const Settings& settings) {
  constexpr std::size_t kFirstLength = 8;
  constexpr std::size_t kMoreBits = 8;
  constexpr double kKnown = 0.98;
  constexpr int kPatience = 150;
  constexpr int kValidateEvery = 50;
  constexpr std::size_t kValidationStrings = 256;
  constexpr float kRate = 0.01F;
  constexpr float kHalfRateAfter = 1500.0F;

  std::mt19937_64 random(settings.seed);
  ParityModel model(cell, recurrent, random);
  std::mt19937_64 held_out(settings.seed + 1000);
  const ParityBatch validation(kValidationStrings, kTestLength, kTestLength, kTestLength, held_out);
  const ParityBatch test(settings.test_strings, kTestLength, kTestLength, kTestLength, held_out);
  ParityRun validation_run(context, &model, kValidationStrings, kTestLength, false);

  nn::Progress progress;
  Outcome outcome;
  std::optional<ParityRun> run;
  std::size_t longest = kFirstLength;
  int steps_at_length = 0;
  double known = 0.5;
  const int most_steps = recurrent ? settings.most_steps : settings.steps_without;
  while (outcome.steps < most_steps) {
    if (steps_at_length == 0) run.emplace(context, &model, kRows, longest, true);
    const ParityBatch batch(kRows, longest, 1, longest, random);
    const float rate = kRate / (1.0F + static_cast<float>(outcome.steps) / kHalfRateAfter);
    const ParityScore score = run->train(batch, rate);
    ++outcome.steps;
    ++steps_at_length;
    known = 0.8 * known + 0.2 * score.prefixes;
    progress.show(cell + (recurrent ? "" : " with R = 0") + ": step " + std::to_string(outcome.steps) + " of at most " +
                  std::to_string(most_steps) + ", up to " + std::to_string(longest) + " bits, loss " +
                  std::to_string(score.loss) + ", right " + percent(known));
    if (longest < kTrainLength) {
      if (known < kKnown && steps_at_length < kPatience) continue;
      longest += kMoreBits;
      steps_at_length = 0;
      known = 0.5;
    } else if (outcome.steps % kValidateEvery == 0 && validation_run.evaluate(validation).prefixes >= kLearnt) {
      break;
    }
  }
  outcome.test = ParityRun(context, &model, settings.test_strings, kTestLength, false).evaluate(test);
  outcome.seconds = progress.seconds();
  progress.clear();
  return outcome;
}

int run(const nn::Arguments& arguments) {
  const bool quick = arguments.has("--quick");
  const Settings settings{.most_steps = 4000,
                          .steps_without = quick ? 200 : 1500,
                          .test_strings = quick ? std::size_t{512} : std::size_t{2048},
                          .seed = arguments.number<std::uint64_t>("--seed", 1, 0, 1'000'000'000)};
  const flashrnn::Context context =
      nn::open_device(arguments.text("--device", "cpu"), arguments.number<int>("--threads", 0, 0, 1024));

  std::printf("parity of bit strings: trained on 1 to %zu bits, tested on %zu strings of %zu bits\n\n", kTrainLength,
              settings.test_strings, kTestLength);
  std::printf("%-8s %-8s %8s %9s %16s %14s\n", "cell", "R", "steps", "seconds", "whole strings", "all prefixes");
  bool holds = true;
  for (const bool recurrent : {true, false}) {
    for (const char* cell : {"slstm", "lstm"}) {
      const Outcome outcome = train(context, cell, recurrent, settings);
      const double right = outcome.test.strings;
      holds = holds && (recurrent ? right >= kGoal : right <= kChanceLimit);
      std::printf("%-8s %-8s %8d %9.1f %16s %14s\n", cell, recurrent ? "trained" : "zero", outcome.steps,
                  outcome.seconds, percent(right).c_str(), percent(outcome.test.prefixes).c_str());
      std::fflush(stdout);
    }
  }
  std::printf("\n%s\n", holds ? "With R both cells follow the state; without it they guess."
                              : "Missed: at least 99 % with R and at most 60 % without were expected.");
  return holds ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const nn::Arguments arguments(argc, argv, {"--quick", "--help"}, {"--seed", "--device", "--threads"});
    if (arguments.has("--help")) {
      std::fputs(kHelp, stdout);
      return 0;
    }
    if (!arguments.words().empty()) throw std::invalid_argument("state_tracking takes options only; see --help.");
    return run(arguments);
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "state_tracking: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "state_tracking: %s\n", error.what());
    return 3;
  }
}
