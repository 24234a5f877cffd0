# SPDX-License-Identifier: Apache-2.0

# flashrnn_embed_sources(target ROOT folder FOLDERS a b ... [EXCLUDE a/x.hpp ...])
#
# Puts every header (*.hpp) of ROOT/a, ROOT/b ... into the target, as text, named as an #include from ROOT names it: it defines
# flashrnn::jit::embedded_sources() of common/jit/sources.hpp. A new header is found, a changed one embedded anew, and a
# folder that is not there yet has none. To be called in the folder that made the target.
function(flashrnn_embed_sources target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ROOT" "FOLDERS;EXCLUDE")
  if(NOT arg_ROOT OR NOT arg_FOLDERS OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "flashrnn_embed_sources(${target}) needs ROOT and FOLDERS; it takes EXCLUDE and nothing else.")
  endif()
  list(TRANSFORM arg_FOLDERS PREPEND "${arg_ROOT}/" OUTPUT_VARIABLE patterns)
  list(TRANSFORM patterns APPEND "/*.hpp")
  file(GLOB names CONFIGURE_DEPENDS RELATIVE "${arg_ROOT}" ${patterns})
  if(arg_EXCLUDE)
    list(REMOVE_ITEM names ${arg_EXCLUDE})
  endif()
  list(SORT names)
  list(TRANSFORM names PREPEND "${arg_ROOT}/" OUTPUT_VARIABLE files)
  set(script "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/embed_sources.cmake")
  set(output "${CMAKE_CURRENT_BINARY_DIR}/embedded_sources.cpp")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND ${CMAKE_COMMAND} "-DROOT=${arg_ROOT}" "-DNAMES=${names}" "-DOUTPUT=${output}" -P "${script}"
    DEPENDS ${files} "${script}"
    COMMENT "Embedding the kernels' headers"
    VERBATIM)
  target_sources(${target} PRIVATE "${output}")
endfunction()
