// SPDX-License-Identifier: Apache-2.0
#include "common/gpu/load.hpp"

#include <atomic>
#include <exception>
#include <new>
#include <thread>
#include <vector>

namespace flashrnn::gpu {
namespace {

constexpr std::size_t kMostThreads = 4;

struct Job {
  PlannedKernel planned;
  std::vector<Role> roles;
  std::shared_ptr<const Kernel> kernel;
  Status status;
};

Loaded& loaded(Prepared& p, Role role) {
  switch (role) {
    case Role::kPack:
      return p.pack;
    case Role::kForward:
      return p.forward;
    case Role::kBackward:
      return p.backward;
    case Role::kStep:
      return p.step;
    case Role::kRecompute:
      return p.recompute;
    case Role::kGradient:
      return p.gradient;
    case Role::kGradientSum:
      break;
  }
  return p.gradient_sum;
}

/// Each kernel once, with the roles that it has.
std::vector<Job> jobs_of(const KernelSet& set) {
  std::vector<Job> jobs;
  for (std::size_t i = 0; i < kRoles; ++i) {
    if (!set.kernels[i]) continue;
    const PlannedKernel& planned = *set.kernels[i];
    Job* known = nullptr;
    for (Job& job : jobs) {
      if (job.planned.spec == planned.spec && job.planned.shape == planned.shape) known = &job;
    }
    if (known == nullptr) known = &jobs.emplace_back(Job{planned, {}, {}, {}});
    known->roles.push_back(static_cast<Role>(i));
  }
  return jobs;
}

/// No exception leaves a thread.
void load(const Device& device, Job* job) noexcept {
  try {
    job->status = device.load(job->planned.spec, job->planned.shape, &job->kernel);
  } catch (const std::bad_alloc&) {
    job->status = {FLASHRNN_OUT_OF_MEMORY, ""};
  } catch (const std::exception& error) {
    job->status = {FLASHRNN_INTERNAL_ERROR, error.what()};
  }
}

void load_all(const Device& device, std::vector<Job>* jobs) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < jobs->size(); i = next++) load(device, &(*jobs)[i]);
  };
  std::vector<std::thread> threads;
  try {
    while (threads.size() + 1 < std::min(kMostThreads, jobs->size())) threads.emplace_back(work);
  } catch (const std::exception&) {
    // Fewer threads, then.
  }
  work();
  for (std::thread& thread : threads) thread.join();
}

/// Whether another form could do what this kernel was refused for. Memory is short for all of them.
bool may_fall_back(const Status& status) {
  return status.code() == FLASHRNN_UNSUPPORTED || status.code() == FLASHRNN_DEVICE_ERROR;
}

Status load_next(const Device& device, const Logger& logger, Chooser* chooser, Role role, KernelSet* set, Job* job) {
  while (!job->status.ok()) {
    const Status refused = job->status;
    if (!may_fall_back(refused) || !chooser->choose_next(role, set)) return refused;
    if (logger) {
      const plan::GpuPlan& plan = role == Role::kForward ? set->forward_plan : set->backward_plan;
      const std::string line = "the kernel '" + to_string(job->planned.spec) + "' was refused (" + refused.message() +
                               "); taken instead: " + plan.to_string();
      logger(FLASHRNN_LOG_WARNING, line.c_str());
    }
    job->planned = *(*set)[role];
    load(device, job);
  }
  return {};
}

}  // namespace

Status load_kernels(const Device& device, const Logger& logger, Chooser* chooser, KernelSet* set, Prepared* p) {
  std::vector<Job> jobs = jobs_of(*set);
  load_all(device, &jobs);
  for (Job& job : jobs) {
    const Role role = job.roles.front();
    // A kernel of several roles serves single steps too, for which there is no other form.
    const bool replaceable = job.roles.size() == 1 && (role == Role::kForward || role == Role::kBackward);
    if (replaceable) FLASHRNN_RETURN_IF_ERROR(load_next(device, logger, chooser, role, set, &job));
    FLASHRNN_RETURN_IF_ERROR(Status(job.status));
    for (const Role each : job.roles) loaded(*p, each) = {job.kernel, job.planned.shape};
  }
  return {};
}

}  // namespace flashrnn::gpu
