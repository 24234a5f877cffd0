// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tbb/task_group.h>

#include <atomic>
#include <cstdint>

namespace flashrnn::cpu {

/// The threads of one call. The caller is member 0; up to max_members - 1 oneTBB workers join when oneTBB gets round to
/// it, stay until the call ends, and wait by spinning, so that a step of some microseconds can be split. Nobody ever
/// waits for a worker that has not joined: with no worker free, the caller does all the work.
///
/// Both ways of work give results that do not depend on how many joined, as long as the pieces are independent.
class Crew {
 public:
  explicit Crew(int max_members);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  [[nodiscard]] int max_members() const { return max_members_; }

  /// Calls work(index, member) once for every index in [0, count), in no order. Workers may join while it runs.
  template <class Work>
  void for_each(std::int64_t count, Work&& work) {
    if (max_members_ == 1 || count <= 1) {
      for (std::int64_t i = 0; i < count; ++i) work(i, 0);
      return;
    }
    next_.store(0, std::memory_order_relaxed);
    auto job = [&](int member, int) {
      for (std::int64_t i = next_.fetch_add(1, std::memory_order_relaxed); i < count;
           i = next_.fetch_add(1, std::memory_order_relaxed)) {
        work(i, member);
      }
    };
    run_open(&invoke<decltype(job)>, &job);
  }

  /// Calls work(part, parts) for every part in [0, parts), part p on member p; parts is the number of members joined so
  /// far. Returns when all have returned. The caller's cost is two cache line transfers.
  template <class Work>
  void split(Work&& work) {
    if (max_members_ == 1) {
      work(0, 1);
      return;
    }
    run_split(&invoke<Work>, &work);
  }

 private:
  using Function = void (*)(void* work, int member, int members);
  template <class Work>
  static void invoke(void* work, int member, int members) {
    (*static_cast<std::remove_reference_t<Work>*>(work))(member, members);
  }

  void run_open(Function function, void* work);
  void run_split(Function function, void* work);
  void enter();
  void serve();

  // The job word: epoch in the high bits, and how many members may take the job in the low 16. A member whose id is
  // below that number is waited for, so it alone may read function_ and work_.
  static constexpr std::uint64_t kOpen = 0xFFFF;  ///< any member, after it has entered
  static constexpr std::uint64_t kStop = ~std::uint64_t{0};

  const int max_members_;
  Function function_ = nullptr;
  void* work_ = nullptr;
  alignas(64) std::atomic<std::uint64_t> job_{0};
  alignas(64) std::atomic<int> joined_{1};
  alignas(64) std::atomic<int> busy_{0};
  alignas(64) std::atomic<std::int64_t> next_{0};
  tbb::task_group tasks_;
};

}  // namespace flashrnn::cpu
