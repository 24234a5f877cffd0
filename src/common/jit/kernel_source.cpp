// SPDX-License-Identifier: Apache-2.0
#include "common/jit/kernel_source.hpp"

#include "common/jit/image.hpp"

namespace flashrnn::jit {

std::string kernel_source(const SourceDevice& device, const std::vector<std::string>& headers,
                          std::string_view kernel_type) {
  std::string text = "#include \"" + std::string(device.header) + "\"\n";
  for (const std::string& header : headers) text += "#include \"" + header + "\"\n";
  text += "\nusing Kernel = ";
  text += kernel_type;
  text += ";\n\nextern \"C\" __global__ void __launch_bounds__(Kernel::kThreads, 1)\n    ";
  text += kKernelName;
  text += "(";
  text += device.parameter;
  text += " typename Kernel::Parameters parameters) {\n  ";
  text += device.type;
  text += " device;\n  Kernel::run(device, parameters);\n}\n";
  return text;
}

}  // namespace flashrnn::jit
