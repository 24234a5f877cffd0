// SPDX-License-Identifier: Apache-2.0
#include "common/jit/pack.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "backend_cuda/nvrtc.hpp"
#include "backend_cuda/program.hpp"
#include "commands.hpp"
#include "common/jit/cache.hpp"
#include "database_devices.hpp"
#include "flashrnn/flashrnn.hpp"
#include "json.hpp"
#include "message.hpp"
#include "number_option.hpp"
#include "pack_problems.hpp"
#include "progress.hpp"
#include "table.hpp"
#include "text.hpp"

namespace flashrnn::tool {
namespace {

constexpr const char* kCommand = "flashrnn pack";

struct PackOptions {
  std::string architectures;
  std::string devices;
  std::string problems;
  std::string output;
  int jobs = 0;
  bool json = false;
};

using Devices = std::vector<const hw::Device*>;

/// The database's devices that a pack can serve: this backend compiles for NVIDIA's, from 8.0 on.
bool is_served(const hw::Device& device) {
  return device.kind == hw::Kind::kGpu && !device.is_family && device.isa.starts_with("sm_") && device.isa != "sm_75";
}

Devices chosen_devices(const PackOptions& o) {
  Devices devices;
  std::set<std::string> known;
  for (const hw::Device& device : hw::Database::shared().devices()) {
    if (is_served(device)) known.insert(device.isa);
  }
  const std::vector<std::string> isas(known.begin(), known.end());
  for (const std::string& isa : split(o.architectures, ',')) {
    if (!known.contains(isa)) {
      throw UsageError("--arch has '" + isa + "'." + did_you_mean(isa, isas) + " Give some of: " + join(isas) + ".");
    }
    for (const hw::Device& device : hw::Database::shared().devices()) {
      if (is_served(device) && device.isa == isa) devices.push_back(&device);
    }
  }
  for (const std::string& name : split(o.devices, ',')) {
    const hw::Device& device = find_database_device(name);
    if (!is_served(device)) throw UsageError("--device has '" + name + "', which packs are not made for.");
    devices.push_back(&device);
  }
  if (devices.empty()) throw UsageError("Give --arch, as sm_90a, or --device, as nvidia/h200.");
  return devices;
}

/// A kernel to compile; those of several problems and devices meet in one.
std::vector<jit::Cache::Request> requests_of(const std::vector<ListedProblem>& problems, const Devices& devices) {
  std::map<std::pair<std::string, std::string>, jit::Cache::Request> requests;
  for (const ListedProblem& problem : problems) {
    for (const hw::Device* device : devices) {
      try {
        for (const gpu::KernelSpec& spec : kernels_of(problem.question, *device)) {
          jit::Cache::Request request = cuda::request_of(spec, device->isa);
          std::pair name{request.isa, request.specification};
          requests.emplace(std::move(name), std::move(request));
        }
      } catch (const Error& error) {
        throw DeviceError(problem.place + ", on " + device->name + ": " + error.what());
      }
    }
  }
  std::vector<jit::Cache::Request> list;
  for (auto& [name, request] : requests) list.push_back(std::move(request));
  return list;
}

struct Compiled {
  std::shared_ptr<const jit::Image> image;
  Status status;
};

/// All of them, by as many threads. What was compiled here before is taken from the disk cache.
std::vector<Compiled> compile_all(const std::vector<jit::Cache::Request>& requests, const cuda::Nvrtc& nvrtc,
                                  int jobs) {
  jit::Cache cache;
  Progress progress;
  std::mutex mutex;
  std::vector<Compiled> compiled(requests.size());
  std::atomic<std::size_t> next = 0;
  std::size_t finished = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < requests.size(); i = next++) {
      compiled[i].status = cache.find_or_compile(requests[i], &nvrtc, Status(), &compiled[i].image, nullptr,
                                                 jit::Cache::Use::kWithoutPacks);
      const std::lock_guard lock(mutex);
      ++finished;
      progress.show(static_cast<double>(finished) / static_cast<double>(requests.size()), "kernels");
    }
  };
  const unsigned most = jobs > 0 ? static_cast<unsigned>(jobs) : std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < std::min<std::size_t>(most, requests.size()); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return compiled;
}

struct Total {
  std::size_t kernels = 0;
  std::size_t code_bytes = 0;
  int most_registers = 0;
  std::size_t spilling = 0;  ///< kernels that keep something in local memory
};

void print(const PackOptions& o, const std::map<std::string, Total>& totals, const std::string& compiler) {
  if (o.json) {
    Json list = Json::array();
    for (const auto& [isa, total] : totals) {
      list.push_back({{"isa", isa},
                      {"kernels", total.kernels},
                      {"code_bytes", total.code_bytes},
                      {"most_registers", total.most_registers},
                      {"spilling_kernels", total.spilling}});
    }
    const Json out{{"pack", o.output}, {"compiler", compiler}, {"architectures", list}};
    std::printf("%s\n", out.dump(2).c_str());
    return;
  }
  Table table({{"isa", Table::Align::kLeft}, {"kernels"}, {"code"}, {"most registers"}, {"spilling"}});
  for (const auto& [isa, total] : totals) {
    table.add({isa, std::to_string(total.kernels), bytes_text(static_cast<std::int64_t>(total.code_bytes)),
               std::to_string(total.most_registers), std::to_string(total.spilling)});
  }
  std::fputs((field_lines({{"pack", o.output}, {"compiler", compiler}}) + "\n" + table.text()).c_str(), stdout);
}

ExitCode run(const PackOptions& o) {
  warn_of_database_problems(kCommand);
  const Devices devices = chosen_devices(o);
  const std::vector<jit::Cache::Request> requests = requests_of(read_problems(o.problems), devices);
  std::shared_ptr<const cuda::Nvrtc> nvrtc;
  const Status found = cuda::Nvrtc::find(0, &nvrtc);
  if (!found.ok()) throw DeviceError(found.message());
  const std::vector<Compiled> compiled = compile_all(requests, *nvrtc, o.jobs);

  jit::PackWriter writer;
  std::map<std::string, Total> totals;
  bool complete = true;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!compiled[i].status.ok()) {
      complain(kCommand, requests[i].specification + ": " + compiled[i].status.message());
      complete = false;
      continue;
    }
    const jit::Image& image = *compiled[i].image;
    writer.add(jit::Cache::key_of(requests[i], nvrtc.get()), image);
    Total& total = totals[requests[i].isa];
    ++total.kernels;
    total.code_bytes += image.code.size();
    total.most_registers = std::max(total.most_registers, image.resources.registers);
    total.spilling += image.resources.spill_bytes > 0 ? 1 : 0;
  }
  if (!complete) throw DeviceError("no pack was written, for a kernel does not compile");
  const Status written = writer.write(o.output);
  if (!written.ok()) throw UsageError(written.message());
  print(o, totals, nvrtc->version());
  return kExitOk;
}

}  // namespace

Action add_pack(CLI::App& app) {
  const auto o = std::make_shared<PackOptions>();
  app.add_option("--arch", o->architectures, "Architectures, as sm_80,sm_90a: every such device of the database")
      ->type_name("LIST");
  app.add_option("--device", o->devices, "Devices of 'flashrnn devices --all', as nvidia/h200")->type_name("LIST");
  app.add_option("--problems", o->problems, "A file with the options of a problem on each line")
      ->type_name("FILE")
      ->required();
  app.add_option("-o,--output", o->output, "The pack")->type_name("FILE")->required();
  add_number(app, "--jobs", o->jobs, 1, 1024, "Kernels compiled at once; default: one per core")->type_name("COUNT");
  app.add_flag("--json", o->json, "Print JSON");
  app.footer(
      "Needs NVIDIA's NVRTC ($FLASHRNN_NVRTC names its file) and no GPU. The library finds packs in "
      "$FLASHRNN_PACK_PATH\n"
      "and in the folder 'flashrnn' beside itself; they serve the library that they were made by (docs/cache.md). A\n"
      "line of the file may have --inference: no backward then. '#' begins a comment.");
  return [o] { return run(*o); };
}

}  // namespace flashrnn::tool
