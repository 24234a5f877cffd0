# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT, a C++ source that holds every .json file below FOLDER. Run by: cmake -DFOLDER= -DOUTPUT= -P embed.cmake

file(GLOB_RECURSE paths RELATIVE "${FOLDER}" "${FOLDER}/*.json")
list(SORT paths)
set(entries "")
foreach(path IN LISTS paths)
  file(READ "${FOLDER}/${path}" text)
  string(APPEND entries "    {\"${path}\", R\"hwdb(${text})hwdb\"},\n")
endforeach()
file(WRITE "${OUTPUT}"
     "// Made by embed.cmake.
#include \"embedded.hpp\"

namespace flashrnn::hw {
namespace {

constexpr EmbeddedFile kFiles[] = {
${entries}};

}  // namespace

std::span<const EmbeddedFile> embedded_files() { return kFiles; }

}  // namespace flashrnn::hw
")
