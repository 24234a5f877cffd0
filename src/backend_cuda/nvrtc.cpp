// SPDX-License-Identifier: Apache-2.0
#include "backend_cuda/nvrtc.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>

#include "backend_cuda/image.hpp"
#include "backend_cuda/nvrtc_functions.hpp"

namespace flashrnn::cuda {
namespace {

/// Later first. Of one major version the driver takes any minor one.
constexpr int kMajors[] = {13, 12};
/// Where CUDA's own installer puts it, which the system does not always search.
constexpr const char* kInstalled = "/usr/local/cuda/lib64/";

/// Lines of the log that a message has room for.
constexpr int kMessageLines = 4;

template <class Function>
bool look_up(void* library, const char* name, Function* function) {
  *function = reinterpret_cast<Function>(::dlsym(library, name));
  return *function != nullptr;
}

/// Null, or the name of what is not there.
const char* look_up_all(void* library, NvrtcFunctions* f) {
  const char* missing = nullptr;
  const auto take = [&](const char* name, auto* function) {
    if (missing == nullptr && !look_up(library, name, function)) missing = name;
  };
  take("nvrtcGetErrorString", &f->error_string);
  take("nvrtcVersion", &f->version);
  take("nvrtcGetNumSupportedArchs", &f->count_architectures);
  take("nvrtcGetSupportedArchs", &f->architectures);
  take("nvrtcCreateProgram", &f->create);
  take("nvrtcDestroyProgram", &f->destroy);
  take("nvrtcCompileProgram", &f->compile);
  take("nvrtcGetProgramLogSize", &f->log_size);
  take("nvrtcGetProgramLog", &f->log);
  take("nvrtcGetCUBINSize", &f->cubin_size);
  take("nvrtcGetCUBIN", &f->cubin);
  return missing;
}

/// The first lines that name an error, else the first ones, in one line.
std::string summary(const std::string& log) {
  std::string errors;
  std::string all;
  int error_lines = 0;
  int lines = 0;
  for (std::size_t begin = 0; begin < log.size();) {
    const std::size_t end = std::min(log.find('\n', begin), log.size());
    const std::string line = log.substr(begin, end - begin);
    begin = end + 1;
    if (line.empty()) continue;
    const auto add = [&](std::string& text, int& count) {
      if (count < kMessageLines) text += (count == 0 ? "" : "; ") + line;
      ++count;
    };
    if (line.find("error") != std::string::npos) add(errors, error_lines);
    add(all, lines);
  }
  return errors.empty() ? all : errors;
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// "sm_90a" -> "sm_90": NVRTC lists architectures without the letter of their own features.
std::string_view without_letter(std::string_view isa) {
  while (!isa.empty() && isa.back() >= 'a' && isa.back() <= 'z') isa.remove_suffix(1);
  return isa;
}

/// Ends a program with its scope.
struct ProgramHolder {
  const NvrtcFunctions& functions;
  NvrtcProgram program = nullptr;
  ~ProgramHolder() {
    if (program != nullptr) functions.destroy(&program);
  }
};

}  // namespace

struct Nvrtc::Functions : NvrtcFunctions {};

Nvrtc::~Nvrtc() = default;

Status Nvrtc::load(const char* file, std::shared_ptr<const Nvrtc>* nvrtc) {
  // Held for ever: unloading a compiler ends threads and handlers that it may have put into the process.
  void* library = ::dlopen(file, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) {
    const char* why = ::dlerror();
    return Status::unsupported(why == nullptr ? file : why);
  }
  std::shared_ptr<Nvrtc> loaded(new Nvrtc);
  auto functions = std::make_unique<Functions>();
  if (const char* missing = look_up_all(library, functions.get()); missing != nullptr) {
    return Status::unsupported(std::string(file) + " has no function " + missing);
  }
  int count = 0;
  if (functions->version(&loaded->major_, &loaded->minor_) != kNvrtcSuccess ||
      functions->count_architectures(&count) != kNvrtcSuccess || count <= 0) {
    return Status::unsupported(std::string(file) + " does not tell its version");
  }
  std::vector<int> list(static_cast<std::size_t>(count));
  if (functions->architectures(list.data()) != kNvrtcSuccess) {
    return Status::unsupported(std::string(file) + " does not tell its architectures");
  }
  std::sort(list.begin(), list.end());
  for (const int number : list) loaded->isas_.push_back("sm_" + std::to_string(number));
  loaded->functions_ = std::move(functions);
  *nvrtc = std::move(loaded);
  return {};
}

Status Nvrtc::find(int driver_major, std::shared_ptr<const Nvrtc>* nvrtc) {
  struct Found {
    Status status;
    std::shared_ptr<const Nvrtc> nvrtc;
  };
  static std::mutex mutex;
  static std::map<int, Found>& known = *new std::map<int, Found>;
  const std::lock_guard lock(mutex);
  auto [it, is_new] = known.try_emplace(driver_major);
  Found& found = it->second;
  if (is_new) {
    std::vector<std::string> files;
    const char* own = std::getenv("FLASHRNN_NVRTC");
    if (own != nullptr && *own != '\0') {
      files.emplace_back(own);
    } else {
      for (const char* folder : {"", kInstalled}) {
        for (const int major : kMajors) {
          if (driver_major == 0 || major <= driver_major) {
            files.push_back(folder + ("libnvrtc.so." + std::to_string(major)));
          }
        }
      }
    }
    std::string why = "this library knows none for a driver of CUDA " + std::to_string(driver_major);
    for (const std::string& file : files) {
      found.status = load(file.c_str(), &found.nvrtc);
      if (found.status.ok()) break;
      if (&file == &files.front()) why = found.status.message();
    }
    if (found.nvrtc == nullptr) {
      if (!files.empty()) why = "none of " + join(files) + " can be used (" + why + ")";
      found.status = Status::unsupported(
          "NVIDIA's run-time compiler is not there: " + why +
          "; install CUDA's NVRTC, name its file in $FLASHRNN_NVRTC, or give a pack of kernels (docs/cache.md)");
    }
  }
  *nvrtc = found.nvrtc;
  return found.status;
}

std::string Nvrtc::version() const { return "nvrtc " + std::to_string(major_) + "." + std::to_string(minor_); }

Status Nvrtc::compile(const jit::Program& program, std::string_view isa, jit::Image* image) const {
  Report report;
  return compile(program, isa, image, &report);
}

Status Nvrtc::compile(const jit::Program& program, std::string_view isa, jit::Image* image, Report* report) const {
  *report = {};
  if (std::find(isas_.begin(), isas_.end(), without_letter(isa)) == isas_.end()) {
    return Status::unsupported(version() + " does not compile for " + std::string(isa) + "; it does for " +
                               join(isas_));
  }
  const NvrtcFunctions& f = *functions_;
  const auto failed = [&](const char* doing, NvrtcResult result) {
    return Status(result == kNvrtcOutOfMemory ? FLASHRNN_OUT_OF_MEMORY : FLASHRNN_INTERNAL_ERROR,
                  version() + " failed to " + doing + " " + program.name + ": " + f.error_string(result) +
                      (report->log.empty() ? "" : ": " + summary(report->log)));
  };
  const jit::Sources sources(program.headers);
  ProgramHolder holder{f};
  NvrtcResult result = f.create(&holder.program, program.text.c_str(), program.name.c_str(), sources.count(),
                                sources.texts(), sources.names());
  if (result != kNvrtcSuccess) return failed("take", result);

  const std::string architecture = "--gpu-architecture=" + std::string(isa);
  std::vector<const char*> options{architecture.c_str()};
  for (const std::string& option : program.options) options.push_back(option.c_str());
  const auto begin = std::chrono::steady_clock::now();
  const NvrtcResult compiled = f.compile(holder.program, static_cast<int>(options.size()), options.data());
  report->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  std::size_t size = 0;
  if (f.log_size(holder.program, &size) == kNvrtcSuccess && size > 1) {
    report->log.resize(size);
    if (f.log(holder.program, report->log.data()) != kNvrtcSuccess) report->log.clear();
    while (!report->log.empty() && report->log.back() == '\0') report->log.pop_back();
  }
  if (compiled == kNvrtcCompilation) {
    return {
        program.headers.empty() ? FLASHRNN_INTERNAL_ERROR : FLASHRNN_INVALID_ARGUMENT,
        program.name + " does not compile for " + std::string(isa) + " by " + version() + ": " + summary(report->log)};
  }
  if (compiled != kNvrtcSuccess) return failed("compile", compiled);

  result = f.cubin_size(holder.program, &size);
  if (result != kNvrtcSuccess) return failed("give the image of", result);
  image->code.assign(size, '\0');
  result = f.cubin(holder.program, image->code.data());
  if (result != kNvrtcSuccess) return failed("give the image of", result);

  std::vector<CompiledKernel> kernels;
  FLASHRNN_RETURN_IF_ERROR(read_cubin(image->code, &kernels));
  for (const CompiledKernel& kernel : kernels) {
    if (kernel.name == jit::kKernelName) {
      image->resources = kernel.resources;
      return {};
    }
  }
  return {FLASHRNN_INTERNAL_ERROR, program.name + " has no kernel " + jit::kKernelName};
}

}  // namespace flashrnn::cuda
