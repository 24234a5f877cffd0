# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT, a C++ source with the texts of the files NAMES below ROOT. Run by flashrnn_embed_sources.
set(entries "")
foreach(name IN LISTS NAMES)
  file(READ "${ROOT}/${name}" text)
  string(APPEND entries "    {\"${name}\", R\"flashrnn_text(${text})flashrnn_text\"},\n")
endforeach()
file(WRITE "${OUTPUT}"
     "// Made by embed_sources.cmake.
#include \"common/jit/sources.hpp\"

namespace flashrnn::jit {
namespace {

constexpr EmbeddedSource kSources[] = {
${entries}};

}  // namespace

std::span<const EmbeddedSource> embedded_sources() { return kSources; }

}  // namespace flashrnn::jit
")
