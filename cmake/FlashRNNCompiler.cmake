# SPDX-License-Identifier: Apache-2.0

# Settings for every target of this project. Directory scope: a project that adds this one is not touched.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(PROJECT_IS_TOP_LEVEL)
  add_compile_options(-Wall -Wextra)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # GCC 12 sees overlapping copies in operator+ of std::string where there are none (its bug 105329).
    add_compile_options(-Wno-restrict)
  endif()
  if(FLASHRNN_WERROR)
    add_compile_options(-Werror)
  endif()
endif()

if(FLASHRNN_SANITIZE)
  if(NOT FLASHRNN_SANITIZE MATCHES "^(address,undefined|thread)$")
    message(FATAL_ERROR "FLASHRNN_SANITIZE is '${FLASHRNN_SANITIZE}'; it has to be empty, 'address,undefined' or 'thread'.")
  endif()
  if(FLASHRNN_SANITIZE MATCHES "address")
    add_compile_definitions(FLASHRNN_SANITIZE_ADDRESS)
  endif()
  add_compile_options(-fsanitize=${FLASHRNN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${FLASHRNN_SANITIZE})
endif()

# For programs whose own code is not what takes the time: tools and tests. Optimising their headers (JSON, options, matchers)
# would be half of a whole build.
set(FLASHRNN_QUICK_BUILD $<$<CONFIG:Release>:-O1>)

if(FLASHRNN_BUILD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "FLASHRNN_BUILD_FUZZERS needs clang for libFuzzer; the preset 'asan' chooses it.")
  endif()
  # The library's branches guide the fuzzer; only the fuzz targets themselves link its main program.
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

# flashrnn_compile_together(target [APART sources...])
#
# For targets whose time to compile is that of the headers they share: several sources a compiler run where everything is
# built anew, as scripts/test does. One source a run (the default) is better for work on them. APART: sources that have
# names in common with others.
function(flashrnn_compile_together target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "APART")
  if(FLASHRNN_COMPILE_TOGETHER)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
    set_source_files_properties(${arg_APART} TARGET_DIRECTORY ${target} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()
