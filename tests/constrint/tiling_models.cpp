// SPDX-License-Identifier: Apache-2.0
#include "tiling_models.hpp"

#include <sstream>

namespace constrint::testing {
namespace {

/// What both dialects can say.
class Writer {
 public:
  explicit Writer(bool compat) : compat_(compat) {}

  void equal(const std::string& left, const std::string& right) { out_ << left << " == " << right << ";\n"; }
  void at_most(const std::string& left, const std::string& right) { out_ << left << " <= " << right << ";\n"; }
  /// `divisor` is a product: the original reads all that follows `%` as one.
  void multiple(const std::string& dividend, const std::string& divisor) {
    if (compat_) {
      out_ << dividend << " % " << divisor << " == 0;\n";
    } else {
      out_ << "(" << dividend << ") % (" << divisor << ") == 0;\n";
    }
  }
  void note(const std::string& text) { out_ << "# " << text << "\n"; }
  [[nodiscard]] std::string text() const { return out_.str(); }

 private:
  bool compat_;
  std::ostringstream out_;
};

void write_pass(const TilingProblem& problem, const std::string& p, Writer& w) {
  const std::string bytes = problem.single ? "4" : "2";
  const std::string per_accumulator = problem.single ? "1" : "2";
  const std::string depth = p + "_frag_depth";
  w.note(p + ": fragments");
  w.equal(p + "_frag_rows", problem.single ? "[16]" : "[8, 16, 32]");
  w.equal(p + "_frag_cols", problem.single ? "[16]" : "[8, 16, 32]");
  w.equal(depth, problem.single ? "8" : "16");
  w.equal(p + "_frag_rows * " + p + "_frag_cols", "16 * 16");
  w.equal(p + "_skew", "skew");
  w.note(p + ": rows");
  w.at_most(p + "_loop_rows", "4");
  w.equal(p + "_row_tiles", p + "_split_rows * " + p + "_warps_rows * " + p + "_loop_rows");
  w.multiple("rows", p + "_row_tiles * " + p + "_frag_rows");
  w.note(p + ": columns, all of them, and depth");
  w.equal(p + "_col_tiles", p + "_split_cols * " + p + "_warps_cols * " + p + "_loop_cols");
  w.equal(p + "_col_tiles * " + p + "_frag_cols", "gates * units");
  w.equal(p + "_depth_tiles", p + "_split_depth * " + p + "_warps_depth");
  w.multiple("units", p + "_depth_tiles * " + depth);
  w.note(p + ": warps and blocks");
  w.equal(p + "_warps", p + "_warps_rows * " + p + "_warps_cols * " + p + "_warps_depth");
  w.at_most(p + "_warps * lanes", "threads");
  w.multiple("heads", p + "_groups");
  w.equal(p + "_blocks", p + "_split_rows * " + p + "_split_cols * " + p + "_split_depth * " + p + "_groups");
  w.at_most(p + "_blocks", "multiprocessors");
  w.note(p + ": weights in registers");
  w.at_most(p + "_kept * " + p + "_depth_tiles * " + depth, "units");
  w.equal(p + "_held", p + "_kept * " + p + "_loop_cols * " + depth + " * " + p + "_frag_cols");
  w.at_most(p + "_held * " + p + "_warps + " + per_accumulator + " * " + p + "_warps * " + p + "_frag_rows * " + p +
                "_frag_cols * " + p + "_loop_rows * " + p + "_loop_cols + " + p + "_warps * " + p + "_frag_rows * " +
                depth,
            "registers");
  w.note(p + ": the other weights and the partial sums in shared memory");
  w.equal(bytes + " * gates * units_squared * " + p + "_split_rows + " + bytes + " * gates * units * skew * " + p +
              "_split_rows + 64",
          p + "_staged + " + bytes + " * " + p + "_held * " + p + "_warps_cols * " + p + "_depth_tiles * " + p +
              "_split_rows * " + p + "_split_cols");
  w.equal(p + "_partial", "4 * " + p + "_depth_tiles * " + p + "_row_tiles * " + p + "_frag_rows * units + 4 * " + p +
                              "_depth_tiles * " + p + "_split_cols * " + p + "_row_tiles * " + p + "_frag_rows * " + p +
                              "_skew");
  w.equal(p + "_shared", p + "_staged + " + p + "_partial");
  w.at_most(p + "_groups * " + p + "_shared", "shared_bytes * " + p + "_blocks");
}

}  // namespace

const std::vector<TilingProblem>& tiling_problems() {
  static const std::vector<TilingProblem> problems = {
      {"48x16", 48, 16, 16, 4, false},     {"24x32", 24, 32, 16, 4, false},   {"12x64", 12, 64, 16, 4, false},
      {"6x128", 6, 128, 16, 4, false},     {"3x256", 3, 256, 16, 4, false},   {"1x768", 1, 768, 16, 4, false},
      {"1x1024", 1, 1024, 16, 4, false},   {"1x2048", 1, 2048, 16, 4, false}, {"4x192 one gate", 4, 192, 16, 1, false},
      {"1x768 fp32", 1, 768, 16, 4, true},
  };
  return problems;
}

std::string tiling_model(const TilingProblem& problem, bool compat) {
  Writer w(compat);
  const auto number = [](Value v) { return std::to_string(v); };
  w.note("device");
  w.equal("lanes", "32");
  w.equal("threads", "512");
  w.equal("registers", problem.single ? "65536" : "131072");
  w.equal("multiprocessors", "132");
  w.equal("shared_bytes", "227000");
  w.equal("skew", "8");
  w.note("problem");
  w.equal("heads", number(problem.heads));
  w.equal("units", number(problem.units));
  w.equal("gates", number(problem.gates));
  const Value multiple = problem.single ? 16 : 8;
  w.equal("rows", number((problem.batch + multiple - 1) / multiple * multiple));
  w.equal("units_squared", "units ^ 2");
  write_pass(problem, "walk", w);
  write_pass(problem, "back", w);
  return w.text();
}

SolveOptions tiling_options() {
  constexpr ValueOrder kLargest = ValueOrder::kLargestFirst;
  constexpr ValueOrder kSmallest = ValueOrder::kSmallestFirst;
  SolveOptions options;
  options.order = {{"units", kLargest}, {"heads", kLargest}};
  const std::pair<const char*, ValueOrder> each[] = {
      {"_skew", kSmallest},     {"_frag_depth", kLargest}, {"_frag_rows", kLargest},    {"_frag_cols", kLargest},
      {"_groups", kLargest},    {"_split_cols", kLargest}, {"_split_depth", kSmallest}, {"_split_rows", kLargest},
      {"_loop_rows", kLargest}, {"_loop_cols", kSmallest}, {"_warps_depth", kLargest},  {"_warps_rows", kLargest},
      {"_kept", kLargest},
  };
  for (const auto& [name, order] : each) {
    options.order.push_back({std::string("back") + name, order});
    options.order.push_back({std::string("walk") + name, order});
  }
  options.distinct_by_order = true;
  return options;
}

std::string tiling_objective() {
  return "walk_blocks + back_blocks + 16 * (walk_loop_cols * walk_loop_rows + back_loop_cols * back_loop_rows)";
}

}  // namespace constrint::testing
