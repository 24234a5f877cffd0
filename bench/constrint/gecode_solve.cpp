// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <gecode/search.hh>
#include <memory>

#include "bench/constrint/gecode_model.hpp"
#include "bench/constrint/peer.hpp"

namespace constrint::bench {
namespace {

/// The last solution that a search engine finds.
template <template <class> class Engine>
std::optional<Solution> last_solution(GecodeModel* model, const Gecode::Search::Options& options, bool* stopped) {
  Engine<GecodeModel> engine(model, options);
  std::optional<Solution> found;
  while (const std::unique_ptr<GecodeModel> next{engine.next()}) {
    found = next->values();
    if constexpr (std::is_same_v<Engine<GecodeModel>, Gecode::DFS<GecodeModel>>) break;
  }
  *stopped = engine.stopped();
  return found;
}

}  // namespace

std::string gecode_version() { return GECODE_VERSION; }

PeerAnswer solve_by_gecode(const Model& model, const SolveOptions& options, double limit_ms) {
  PeerAnswer answer;
  const auto start = std::chrono::steady_clock::now();
  GecodeModel posted(model, options);
  Gecode::Search::TimeStop stop(limit_ms);
  Gecode::Search::Options search;
  search.threads = 1;
  search.stop = &stop;
  bool stopped = false;
  answer.solution = model.objective() ? last_solution<Gecode::BAB>(&posted, search, &stopped)
                                      : last_solution<Gecode::DFS>(&posted, search, &stopped);
  answer.complete = !stopped;
  answer.milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return answer;
}

}  // namespace constrint::bench
