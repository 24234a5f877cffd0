# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by the scripts beside it, after `set -euo pipefail`.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

step_name=""
step() {
  step_name=$1
  # What to do next, printed when a command fails; a function may replace it.
  advice="The lines above say why. After a change run the same command again: finished steps are quick."
  printf '\n[%3d s] %s\n' "$SECONDS" "$1"
}

on_exit() {
  local status=$?
  # Before the first step only usage errors end a script; they have said all.
  if [[ $status -ne 0 && -n $step_name ]]; then
    printf '\n%s: failed while %s.\n%s\n' "${0##*/}" "$step_name" "$advice" >&2
  fi
}
trap on_exit EXIT

if command -v ccache >/dev/null 2>&1; then
  # Read by CMake when a build tree is made.
  export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi

jobs=${FLASHRNN_JOBS:-$(nproc)}

# For every build tree; a script may add to it.
# What is built as a whole, here, compiles sooner so.
configure_arguments=(-DFLASHRNN_COMPILE_TOGETHER=ON)

# build PRESET [TARGET...]: configures when needed, then builds the targets, or what the preset names.
build() {
  local preset=$1 log target arguments=()
  shift
  for target in "$@"; do arguments+=(--target "$target"); done
  mkdir -p "build/$preset"
  log="build/$preset/configure.log"
  if ! cmake --preset "$preset" ${configure_arguments[@]+"${configure_arguments[@]}"} >"$log" 2>&1; then
    cat "$log" >&2
    advice="CMake could not configure; 'rm -rf build/$preset' starts that tree anew."
    return 1
  fi
  cmake --build --preset "$preset" --parallel "$jobs" ${arguments[@]+"${arguments[@]}"}
}
