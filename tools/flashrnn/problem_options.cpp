// SPDX-License-Identifier: Apache-2.0
#include "problem_options.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "error.hpp"
#include "flashrnn/flashrnn.hpp"
#include "number_option.hpp"
#include "text.hpp"
#include "verify/random.hpp"

namespace flashrnn::tool {
namespace {

template <typename Value>
using Names = std::vector<std::pair<std::string, Value>>;

const Names<flashrnn_dtype> kDtypes{{"fp32", FLASHRNN_F32}, {"bf16", FLASHRNN_BF16}, {"fp16", FLASHRNN_F16}};
const Names<flashrnn_math> kMath{
    {"exact", FLASHRNN_MATH_EXACT}, {"fast", FLASHRNN_MATH_FAST}, {"linear", FLASHRNN_MATH_LINEAR}};
const Names<flashrnn_matmul> kMatmul{{"strict", FLASHRNN_MATMUL_STRICT}, {"tf32", FLASHRNN_MATMUL_TF32}};
const Names<flashrnn_reserve_mode> kReserve{{"gates", FLASHRNN_RESERVE_GATES},
                                            {"recompute", FLASHRNN_RESERVE_RECOMPUTE}};
const Names<flashrnn_sequence> kSequence{
    {"h", FLASHRNN_SEQUENCE_H}, {"all", FLASHRNN_SEQUENCE_ALL}, {"none", FLASHRNN_SEQUENCE_NONE}};

template <typename Value>
Value parse_name(const std::string& option, const std::string& name, const Names<Value>& names) {
  std::vector<std::string> known;
  for (const auto& [text, value] : names) {
    if (text == name) return value;
    known.push_back(text);
  }
  throw UsageError(option + " is '" + name + "'." + did_you_mean(name, known) + " Give one of: " + join(known) + ".");
}

}  // namespace

void add_problem_options(CLI::App& app, ProblemOptions& o) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  constexpr double kMostClip = std::numeric_limits<double>::max();
  const std::string problem = "Problem";
  app.add_option("--cell", o.cell, "lstm, gru, gru_reset_before, elman, elman_relu, slstm, or a cell of your own")
      ->capture_default_str()
      ->type_name("NAME")
      ->group(problem);
  app.add_option("--dtype", o.dtype, "fp32, bf16 or fp16: of Wx, R, b and the outputs")
      ->capture_default_str()
      ->type_name("TYPE")
      ->group(problem);
  const auto size = [&](const std::string& names, std::int64_t& target, const std::string& description) {
    add_number<std::int64_t>(app, names, target, 1, kMost, description)
        ->capture_default_str()
        ->type_name("COUNT")
        ->group(problem);
  };
  size("-B,--batch", o.batch, "Batch rows");
  size("-T,--time", o.time, "Time steps");
  size("-N,--heads", o.heads, "Heads");
  size("-D,--head-dim", o.head_dim, "Units per head");

  const std::string variant = "Variants";
  app.add_option("--state-dtype", o.state_dtype, "Type of initial and final states; default: as --dtype")
      ->type_name("TYPE")
      ->group(variant);
  app.add_flag("--reverse", o.reverse, "Run every row from its last token to its first")->group(variant);
  app.add_option("--lengths", o.lengths, "Row lengths: 'random', or one number a row, as in 5,3,0")
      ->type_name("LIST")
      ->group(variant);
  app.add_flag("--packed", o.packed, "Rows one after the other without padding (cu_seqlens)")->group(variant);
  add_number(app, "--resets", o.resets, 0.0, 1.0, "Part of the steps that a reset of the state precedes, 0 to 1")
      ->type_name("PART")
      ->group(variant);
  add_number(app, "--forward-clip", o.forward_clip, 0.0, kMostClip, "Clamp h to [-X, X] every step; 0: off")
      ->type_name("X")
      ->group(variant);
  add_number(app, "--gradient-clip", o.gradient_clip, 0.0, kMostClip, "Clamp the recurrent gradient to [-X, X]; 0: off")
      ->type_name("X")
      ->group(variant);
  app.add_flag("--gradient-cut", o.gradient_cut, "No gradient through R into the step before")->group(variant);
  app.add_option("--math", o.math, "exact, fast or linear: flavour of sigmoid, tanh and exp")
      ->capture_default_str()
      ->type_name("NAME")
      ->group(variant);
  app.add_option("--matmul", o.matmul, "strict or tf32: fp32 products")
      ->capture_default_str()
      ->type_name("NAME")
      ->group(variant);
  app.add_option("--reserve", o.reserve, "gates or recompute: what forward keeps for backward")
      ->capture_default_str()
      ->type_name("NAME")
      ->group(variant);
  app.add_option("--sequence", o.sequence, "h, all or none: the states that have an output per step")
      ->capture_default_str()
      ->type_name("NAME")
      ->group(variant);
}

flashrnn_dtype parse_dtype(const std::string& option, const std::string& name) {
  return parse_name(option, name, kDtypes);
}

std::string dtype_name(flashrnn_dtype dtype) {
  const auto it =
      std::find_if(kDtypes.begin(), kDtypes.end(), [&](const auto& entry) { return entry.second == dtype; });
  return it == kDtypes.end() ? "default" : it->first;
}

flashrnn_cell_info find_cell(const std::string& name) {
  std::vector<std::string> known;
  for (std::int32_t i = 0; i < flashrnn_cell_count(); ++i) {
    flashrnn_cell_info info = FLASHRNN_CELL_INFO_INIT;
    check(flashrnn_get_cell(i, &info));
    if (name == info.name) return info;
    known.emplace_back(info.name);
  }
  throw UsageError("There is no cell '" + name + "'." + did_you_mean(name, known) +
                   " Give --cell one of: " + join(known) + ".");
}

std::vector<std::int64_t> row_lengths(const ProblemOptions& o, std::uint64_t seed) {
  std::vector<std::int64_t> lengths;
  if (o.lengths.empty()) return lengths;
  if (o.lengths == "random") {
    verify::Random random(seed);
    for (std::int64_t b = 0; b < o.batch; ++b) lengths.push_back(random.integer(1, o.time));
    return lengths;
  }
  for (const std::string& word : split(o.lengths, ',')) {
    std::int64_t length = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), length);
    if (error != std::errc{} || end != word.data() + word.size() || length < 0 || length > o.time) {
      throw UsageError("--lengths has '" + word + "'; give 'random', or whole numbers from 0 to T = " +
                       std::to_string(o.time) + " with commas between.");
    }
    lengths.push_back(length);
  }
  if (static_cast<std::int64_t>(lengths.size()) != o.batch) {
    throw UsageError("--lengths has " + std::to_string(lengths.size()) + " numbers and the batch " +
                     std::to_string(o.batch) + " rows; give one number a row, or 'random'.");
  }
  return lengths;
}

flashrnn_problem to_problem(const ProblemOptions& o) {
  flashrnn_problem p = FLASHRNN_PROBLEM_INIT;
  p.cell = find_cell(o.cell).name;
  p.dtype = parse_dtype("--dtype", o.dtype);
  p.state_dtype = o.state_dtype.empty() ? p.dtype : parse_dtype("--state-dtype", o.state_dtype);
  p.batch = o.batch;
  p.time = o.time;
  p.heads = o.heads;
  p.head_dim = o.head_dim;
  p.layout = o.packed ? FLASHRNN_PACKED : FLASHRNN_PADDED;
  p.reverse = o.reverse ? 1 : 0;
  p.forward_clip = o.forward_clip;
  p.gradient_clip = o.gradient_clip;
  p.gradient_cut = o.gradient_cut ? 1 : 0;
  p.math = parse_name("--math", o.math, kMath);
  p.matmul = parse_name("--matmul", o.matmul, kMatmul);
  p.reserve_mode = parse_name("--reserve", o.reserve, kReserve);
  p.output_sequence = parse_name("--sequence", o.sequence, kSequence);
  p.gradient_sequence = p.output_sequence;
  return p;
}

std::string problem_text(const ProblemOptions& o) {
  std::string text = o.cell + " " + o.dtype + " B=" + std::to_string(o.batch) + " T=" + std::to_string(o.time) +
                     " N=" + std::to_string(o.heads) + " D=" + std::to_string(o.head_dim);
  const auto add = [&](bool wanted, const std::string& words) {
    if (wanted) text += ", " + words;
  };
  add(!o.state_dtype.empty() && o.state_dtype != o.dtype, "states " + o.state_dtype);
  add(o.packed, "packed");
  add(!o.lengths.empty(), o.lengths == "random" ? "random lengths" : "lengths given");
  add(o.resets > 0, "resets " + format("%g", o.resets));
  add(o.reverse, "reverse");
  add(o.forward_clip > 0, "forward clip " + format("%g", o.forward_clip));
  add(o.gradient_clip > 0, "gradient clip " + format("%g", o.gradient_clip));
  add(o.gradient_cut, "gradient cut");
  add(o.math != "exact", "math " + o.math);
  add(o.matmul != "strict", "matmul " + o.matmul);
  add(o.reserve != "gates", "reserve " + o.reserve);
  add(o.sequence != "h", "sequence " + o.sequence);
  return text;
}

std::string problem_arguments(const ProblemOptions& o) {
  std::string text = "--cell " + o.cell + " --dtype " + o.dtype + " -B " + std::to_string(o.batch) + " -T " +
                     std::to_string(o.time) + " -N " + std::to_string(o.heads) + " -D " + std::to_string(o.head_dim);
  const ProblemOptions defaults;
  const auto flag = [&](bool value, const char* name) { text += value ? std::string(" ") + name : ""; };
  const auto number = [&](double value, const char* name) {
    if (value != 0) text += std::string(" ") + name + " " + format("%.17g", value);
  };
  const auto word = [&](const std::string& value, const std::string& usual, const char* name) {
    if (value != usual) text += std::string(" ") + name + " " + value;
  };
  word(o.state_dtype, defaults.state_dtype, "--state-dtype");
  flag(o.reverse, "--reverse");
  word(o.lengths, defaults.lengths, "--lengths");
  flag(o.packed, "--packed");
  number(o.resets, "--resets");
  number(o.forward_clip, "--forward-clip");
  number(o.gradient_clip, "--gradient-clip");
  flag(o.gradient_cut, "--gradient-cut");
  word(o.math, defaults.math, "--math");
  word(o.matmul, defaults.matmul, "--matmul");
  word(o.reserve, defaults.reserve, "--reserve");
  word(o.sequence, defaults.sequence, "--sequence");
  return text;
}

Json problem_json(const ProblemOptions& o) {
  return {{"cell", o.cell},
          {"dtype", o.dtype},
          {"state_dtype", o.state_dtype.empty() ? o.dtype : o.state_dtype},
          {"batch", o.batch},
          {"time", o.time},
          {"heads", o.heads},
          {"head_dim", o.head_dim},
          {"packed", o.packed},
          {"lengths", o.lengths},
          {"resets", o.resets},
          {"reverse", o.reverse},
          {"forward_clip", o.forward_clip},
          {"gradient_clip", o.gradient_clip},
          {"gradient_cut", o.gradient_cut},
          {"math", o.math},
          {"matmul", o.matmul},
          {"reserve", o.reserve},
          {"sequence", o.sequence}};
}

}  // namespace flashrnn::tool
