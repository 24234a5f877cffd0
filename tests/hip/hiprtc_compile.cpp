// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

// hiprtc_compile ISA INCLUDE_FOLDER SOURCE OBJECT: compiles a program with hipRTC, without a GPU. Without arguments:
// ends with 77 where there is no hipRTC. The prototypes are those of HIP's documentation, "HIP RTC Programming Guide".

namespace {

using Program = void*;
struct Hiprtc {
  int (*create)(Program*, const char* text, const char* name, int headers, const char** texts, const char** names);
  int (*compile)(Program, int options, const char** values);
  int (*log_size)(Program, size_t*);
  int (*log)(Program, char*);
  int (*code_size)(Program, size_t*);
  int (*code)(Program, char*);
};

template <class F>
bool find(void* library, const char* name, F* function) {
  *function = reinterpret_cast<F>(dlsym(library, name));
  return *function != nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  // A library of its own in later versions.
  void* library = dlopen("libhiprtc.so.5", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) library = dlopen("libamdhip64.so.5", RTLD_NOW | RTLD_LOCAL);
  Hiprtc rtc;
  if (library == nullptr || !find(library, "hiprtcCreateProgram", &rtc.create) ||
      !find(library, "hiprtcCompileProgram", &rtc.compile) ||
      !find(library, "hiprtcGetProgramLogSize", &rtc.log_size) || !find(library, "hiprtcGetProgramLog", &rtc.log) ||
      !find(library, "hiprtcGetCodeSize", &rtc.code_size) || !find(library, "hiprtcGetCode", &rtc.code)) {
    std::fprintf(stderr, "no hipRTC: %s\n", dlerror());
    return 77;
  }
  if (argc != 5) return 2;
  const std::string isa = std::string("--gpu-architecture=") + argv[1];
  const std::string include = std::string("-I") + argv[2];
  std::ifstream file(argv[3], std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const char* options[] = {isa.c_str(), include.c_str(), "-std=c++20", "-O3", "-ffp-contract=off"};

  Program program = nullptr;
  if (rtc.create(&program, text.c_str(), "flashrnn_kernel", 0, nullptr, nullptr) != 0) return 1;
  const int result = rtc.compile(program, 5, options);
  size_t bytes = 0;
  if (result != 0 && rtc.log_size(program, &bytes) == 0 && bytes > 1) {
    std::string log(bytes, '\0');
    rtc.log(program, log.data());
    std::fputs(log.c_str(), stdout);
  }
  if (result != 0 || rtc.code_size(program, &bytes) != 0) return 1;
  std::string code(bytes, '\0');
  if (rtc.code(program, code.data()) != 0) return 1;
  std::ofstream(argv[4], std::ios::binary) << code;
  return 0;
}
