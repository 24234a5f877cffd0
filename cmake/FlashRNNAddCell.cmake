# SPDX-License-Identifier: Apache-2.0

# flashrnn_add_cell(target header [CELL type])
#
# Adds a cell of one's own to a program or library: instantiates the struct `type` of `header` for every CPU instruction
# set of FlashRNN, as part of `target`, embeds the header's text for GPUs, whose kernels are compiled from it at run time
# (so it may include common/cell only), and registers the cell before main(). Plans then find it under its kName. What a cell
# is: docs/custom_cells.md. Without CELL the type is the file's name in PascalCase: my_cell.hpp holds ::MyCell.
# The target must link FlashRNN::flashrnn. Needs xsimd.
function(flashrnn_add_cell target header)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "CELL" "")
  # In here, for a caller outside the folder that defines this function would not see its variables.
  include("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/FlashRNNIsa.cmake")
  cmake_path(ABSOLUTE_PATH header BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
  if(NOT EXISTS "${header}")
    message(FATAL_ERROR "flashrnn_add_cell(${target}): there is no file ${header}.")
  endif()
  cmake_path(GET header STEM name)
  set(type "${arg_CELL}")
  if(NOT type)
    string(REPLACE "_" ";" words "${name}")
    foreach(word IN LISTS words)
      string(SUBSTRING "${word}" 0 1 first)
      string(SUBSTRING "${word}" 1 -1 rest)
      string(TOUPPER "${first}" first)
      string(APPEND type "${first}${rest}")
    endforeach()
    string(PREPEND type "::")
  endif()
  string(MAKE_C_IDENTIFIER "${target}_${name}" id)

  # The kernel headers: in the source tree, or installed beside the public ones.
  set(kit "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../src")
  if(NOT EXISTS "${kit}/common/cell/cell.hpp")
    get_target_property(include_dirs FlashRNN::flashrnn INTERFACE_INCLUDE_DIRECTORIES)
    list(GET include_dirs 0 include_dir)
    set(kit "${include_dir}/flashrnn/internal")
  endif()
  find_package(xsimd REQUIRED)

  set(library ${target}_cell_${name})
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${library}")
  add_library(${library} OBJECT)
  target_compile_features(${library} PRIVATE cxx_std_20)
  set_target_properties(${library} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden)
  target_include_directories(${library} PRIVATE "${kit}")
  target_link_libraries(${library} PRIVATE FlashRNN::flashrnn xsimd)

  set(declarations "")
  set(tables "")
  foreach(isa IN LISTS FLASHRNN_ISAS)
    set(arch "${FLASHRNN_ISA_ARCH_${isa}}")
    set(source "${folder}/${isa}.cpp")
    file(
      CONFIGURE
      OUTPUT "${source}"
      CONTENT
        [[// Made by flashrnn_add_cell.
#define FLASHRNN_ISA_NAMESPACE isa_@isa@
#define FLASHRNN_ISA_ARCH @arch@
#include "backend_cpu/simd/pointwise.hpp"
#include "@header@"

extern const flashrnn::cpu::CellKernels flashrnn_cell_@id@_@isa@;
constexpr flashrnn::cpu::CellKernels flashrnn_cell_@id@_@isa@ = flashrnn::cpu::isa_@isa@::make_cell_kernels<@type@>();
]]
      @ONLY)
    target_sources(${library} PRIVATE "${source}")
    set_source_files_properties("${source}" PROPERTIES COMPILE_OPTIONS
                                                       "${FLASHRNN_ISA_FLAGS_${isa}};${FLASHRNN_ISA_COMMON_FLAGS}")
    string(APPEND declarations "extern const flashrnn::cpu::CellKernels flashrnn_cell_${id}_${isa};\n")
    string(APPEND tables "  set_kernels(\"${isa}\", &flashrnn_cell_${id}_${isa});\n")
  endforeach()
  file(READ "${header}" text)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${header}")
  file(
    CONFIGURE
    OUTPUT "${folder}/register.cpp"
    CONTENT
      [=[// Made by flashrnn_add_cell.
#include "backend_cpu/simd/cpu_cell.hpp"
#include "common/gpu/cell_source.hpp"
#include "common/runtime/cell_registry.hpp"
#include "@header@"

@declarations@
namespace {

constexpr const char* kText = R"flashrnn_cell(@text@)flashrnn_cell";

bool register_cell() {
  static flashrnn::cpu::CpuCell cell = flashrnn::cpu::make_cpu_cell<@type@>();
  const auto set_kernels = [](const char* isa, const flashrnn::cpu::CellKernels* kernels) {
    flashrnn::cpu::set_kernels(isa, kernels, &cell);
  };
@tables@  static constexpr flashrnn::gpu::CellSource source = flashrnn::gpu::make_cell_source<@type@>("@type@", nullptr, kText);
  static const flashrnn::CellRegistration registration = flashrnn::cpu::make_registration<@type@>(&cell, &source);
  return flashrnn_internal_register_cell(&registration, sizeof registration, flashrnn::kCellRegistrationVersion) ==
         FLASHRNN_SUCCESS;
}

[[maybe_unused]] const bool registered = register_cell();

}  // namespace
]=]
    @ONLY)
  target_sources(${library} PRIVATE "${folder}/register.cpp")
  # The objects themselves, not an archive, which would drop the registration.
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:${library}>)
endfunction()
