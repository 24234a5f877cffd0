# SPDX-License-Identifier: Apache-2.0

# flashrnn_embed_constraints(target NAMESPACE name FILES a.constrint ...)
#
# Puts the texts of constraint models into a target. For each file a.constrint it defines, in the given C++ namespace,
#     std::string_view a_constraints();
# which a header of the folder declares by hand. A changed text makes the build configure itself anew.
function(flashrnn_embed_constraints target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "NAMESPACE" "FILES")
  if(NOT arg_NAMESPACE OR NOT arg_FILES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "flashrnn_embed_constraints(${target}) needs NAMESPACE and FILES, and takes nothing else.")
  endif()
  set(functions "")
  foreach(file IN LISTS arg_FILES)
    cmake_path(ABSOLUTE_PATH file)
    cmake_path(GET file STEM name)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} text)
    string(APPEND functions "std::string_view ${name}_constraints() {\n  return R\"constrint(${text})constrint\";\n}\n")
  endforeach()
  set(source ${CMAKE_CURRENT_BINARY_DIR}/constraint_texts.cpp)
  string(CONCAT content "// Made by FlashRNNConstraints.cmake.\n#include <string_view>\n\n"
                "namespace ${arg_NAMESPACE} {\n"
                "${functions}" "}  // namespace ${arg_NAMESPACE}\n")
  file(GENERATE OUTPUT ${source} CONTENT "${content}")
  target_sources(${target} PRIVATE ${source})
endfunction()
