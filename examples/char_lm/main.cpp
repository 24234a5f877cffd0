// SPDX-License-Identifier: Apache-2.0
// Trains a model of the next character on any text file, then lets it write.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "char_lm/corpus.hpp"
#include "char_lm/model.hpp"
#include "common/arguments.hpp"
#include "common/progress.hpp"

namespace {

constexpr const char* kHelp =
    "char_lm FILE: trains a character model on a text file and prints the loss, then a sample of its text.\n"
    "\n"
    "  --cell NAME        lstm, slstm, gru, elman, ... (default lstm)\n"
    "  --heads N          heads of the recurrent layer (default 4)\n"
    "  --head-dim D       units per head (default 32)\n"
    "  --batch B          parallel streams (default 16)\n"
    "  --time T           characters a stream per step (default 64)\n"
    "  --steps N          steps of Adam (default 400)\n"
    "  --rate R           learning rate at the start; falls to a tenth (default 0.005)\n"
    "  --sample N         characters to write at the end (default 400)\n"
    "  --temperature X    of the sample (default 0.7)\n"
    "  --seed NUMBER      of weights and sample (default 1)\n"
    "  --device NAME      device to run on (default cpu)\n"
    "  --threads N        CPU threads, 0 = one per core (default 0)\n"
    "  --help             this text\n"
    "\n"
    "Ends with 0 when the loss fell, 1 when not, 2 on a wrong option or file, 3 when the library reports an error.\n";

struct Settings {
  std::size_t rows;
  std::size_t time;
  int steps;
  float rate;
};

/// The mean losses of the first and of the last tenth of the steps.
struct Losses {
  double first;
  double last;
};

Losses train(const flashrnn::Context& context, CharModel& model, const Corpus& corpus, const Settings& settings) {
  Windows windows(corpus, settings.rows, settings.time);
  CharTraining training(context, &model, settings.rows, settings.time);
  std::vector<std::uint8_t> inputs(settings.rows * settings.time);
  std::vector<std::uint8_t> targets(inputs.size());
  std::vector<double> losses;
  nn::Progress progress;
  const int tenth = std::max(1, settings.steps / 10);
  const auto mean_of_last = [&](std::size_t count) {
    double sum = 0.0;
    for (std::size_t i = losses.size() - count; i < losses.size(); ++i) sum += losses[i];
    return sum / static_cast<double>(count);
  };

  std::printf("%8s %10s %12s\n", "step", "loss", "characters/s");
  double first = 0.0;
  for (int step = 0; step < settings.steps; ++step) {
    if (windows.next(inputs, targets)) training.clear_states();
    const float done = static_cast<float>(step) / static_cast<float>(settings.steps);
    losses.push_back(training.train(inputs, targets, settings.rate * (1.0F - 0.9F * done)));
    const double rate = static_cast<double>(losses.size() * inputs.size()) / progress.seconds();
    progress.show("step " + std::to_string(step + 1) + " of " + std::to_string(settings.steps) + ", loss " +
                  std::to_string(losses.back()));
    if ((step + 1) % tenth == 0) {
      const double mean = mean_of_last(static_cast<std::size_t>(tenth));
      if (step + 1 == tenth) first = mean;
      progress.clear();
      std::printf("%8d %10.4f %12.0f\n", step + 1, mean, rate);
      std::fflush(stdout);
    }
  }
  progress.clear();
  return {first, mean_of_last(static_cast<std::size_t>(tenth))};
}

void write_sample(const flashrnn::Context& context, CharModel& model, const Corpus& corpus, int count,
                  float temperature, std::mt19937_64& random) {
  CharSampler sampler(context, &model);
  std::string text;
  std::size_t id = corpus.ids.front();
  for (int i = 0; i < count; ++i) {
    id = sampler.next(id, temperature, random);
    text.push_back(corpus.alphabet[id]);
  }
  std::printf("\n%s\n", text.c_str());
}

int run(const nn::Arguments& arguments) {
  constexpr std::size_t kMost = 65536;
  const Settings settings{.rows = arguments.number<std::size_t>("--batch", 16, 1, kMost),
                          .time = arguments.number<std::size_t>("--time", 64, 1, kMost),
                          .steps = arguments.number<int>("--steps", 400, 2, 100'000'000),
                          .rate = arguments.number<float>("--rate", 0.005F, 0.0F, 1.0F)};
  const Corpus corpus(arguments.words().front());
  std::mt19937_64 random(arguments.number<std::uint64_t>("--seed", 1, 0, 1'000'000'000));
  const flashrnn::Context context =
      nn::open_device(arguments.text("--device", "cpu"), arguments.number<int>("--threads", 0, 0, 1024));
  CharModel model(arguments.text("--cell", "lstm"), corpus.alphabet.size(),
                  arguments.number<std::size_t>("--heads", 4, 1, kMost),
                  arguments.number<std::size_t>("--head-dim", 32, 1, kMost), random);
  std::printf("%zu characters, %zu different; %s with %zu heads of %zu; chance is a loss of %.4f\n", corpus.ids.size(),
              corpus.alphabet.size(), model.layer.cell.c_str(), model.layer.heads, model.layer.head_dim,
              std::log(static_cast<double>(corpus.alphabet.size())));
  const Losses losses = train(context, model, corpus, settings);
  write_sample(context, model, corpus, arguments.number<int>("--sample", 400, 0, 100'000'000),
               arguments.number<float>("--temperature", 0.7F, 0.01F, 100.0F), random);
  if (losses.last < losses.first) return 0;
  std::fprintf(stderr, "char_lm: the loss did not fall (%.4f, then %.4f): try a lower --rate or more --steps.\n",
               losses.first, losses.last);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const nn::Arguments arguments(argc, argv, {"--help"},
                                  {"--cell", "--heads", "--head-dim", "--batch", "--time", "--steps", "--rate",
                                   "--sample", "--temperature", "--seed", "--device", "--threads"});
    if (arguments.has("--help")) {
      std::fputs(kHelp, stdout);
      return 0;
    }
    if (arguments.words().size() != 1) throw std::invalid_argument("Give one text file to learn from; see --help.");
    return run(arguments);
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "char_lm: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "char_lm: %s\n", error.what());
    return 3;
  }
}
