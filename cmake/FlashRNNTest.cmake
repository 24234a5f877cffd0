# SPDX-License-Identifier: Apache-2.0
include(GoogleTest)

# All executables that carry the label `sanitize`: what the preset `asan` builds and runs. Those labelled `threads` besides,
# in which threads meet, are what the preset `tsan` does.
foreach(target IN ITEMS sanitize_tests threads_tests)
  if(NOT TARGET ${target})
    add_custom_target(${target})
  endif()
endforeach()

# flashrnn_add_test_executable(area sources... [LINK libraries...] [LABELS labels...] [TIMEOUT seconds])
#
# Makes the GoogleTest executable test_<area> and one ctest test, <area>.<Suite>.<Name>, for each of its cases.
# LINK: flashrnn_core for tests that look inside, flashrnn for tests of the public interface; never both, the process
# would have two registries. LABELS sanitize and threads put the executable into the sanitizer runs.
function(flashrnn_add_test_executable area)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "LINK;LABELS")
  if(NOT arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "flashrnn_add_test_executable(${area}) names no source.")
  endif()
  if("flashrnn_core" IN_LIST arg_LINK AND ("flashrnn" IN_LIST arg_LINK OR "FlashRNN::flashrnn" IN_LIST arg_LINK))
    message(FATAL_ERROR "test_${area} links flashrnn_core and flashrnn; choose one.")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  set(target test_${area})
  add_executable(${target} ${arg_UNPARSED_ARGUMENTS})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE ${arg_LINK} GTest::gmock GTest::gtest_main)
  target_compile_options(${target} PRIVATE ${FLASHRNN_QUICK_BUILD})
  foreach(label IN ITEMS sanitize threads)
    if(label IN_LIST arg_LABELS)
      add_dependencies(${label}_tests ${target})
    endif()
  endforeach()
  # One word, sanitize_threads: a list does not survive the way to the test.
  list(JOIN arg_LABELS "_" labels)
  # Listing at test time: a build does not run sanitized programs, and trees that build a few targets only still work.
  gtest_discover_tests(
    ${target}
    TEST_PREFIX ${area}.
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${labels}")
endfunction()

if(NOT TARGET fuzzers)
  add_custom_target(fuzzers)
endif()

# flashrnn_add_fuzz_target(name sources... [LINK libraries...])
#
# Makes the libFuzzer program fuzz_<name> and the ctest test fuzz.<name>, which runs it for $FLASHRNN_FUZZ_SECONDS (60). Does
# nothing unless FLASHRNN_BUILD_FUZZERS is on. A folder corpus/ beside the sources seeds it; finds stay in the build tree.
function(flashrnn_add_fuzz_target name)
  if(NOT FLASHRNN_BUILD_FUZZERS)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINK")
  set(target fuzz_${name})
  add_executable(${target} ${arg_UNPARSED_ARGUMENTS})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE ${arg_LINK})
  target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${target})
  add_test(
    NAME fuzz.${name}
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${target}> -DSEEDS=${CMAKE_CURRENT_SOURCE_DIR}/corpus
            -DFOUND=${CMAKE_CURRENT_BINARY_DIR}/${target}_corpus -P ${PROJECT_SOURCE_DIR}/cmake/run_fuzzer.cmake)
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 3600)
endfunction()
