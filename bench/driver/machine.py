# SPDX-License-Identifier: Apache-2.0
"""What the figures were measured on."""

import os
import platform
import subprocess
from pathlib import Path


def read(path):
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def caches():
    found = []
    for index in range(8):
        folder = f"/sys/devices/system/cpu/cpu0/cache/index{index}"
        if read(f"{folder}/type") in ("Data", "Unified"):
            found.append(f"L{read(folder + '/level')} {read(folder + '/size')}")
    return ", ".join(found)


def cpu_field(name):
    for line in read("/proc/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def cpu_name():
    name = cpu_field("model name") or platform.machine()
    family, model = cpu_field("cpu family"), cpu_field("model")
    return f"{name} (family {family}, model {model})" if family else name


def distribution():
    for line in read("/etc/os-release").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.split("=", 1)[1].strip('"')
    return platform.system()


def compiler(build):
    """The compiler that the build's cache names, with its version."""
    for line in read(Path(build) / "CMakeCache.txt").splitlines():
        if line.startswith("CMAKE_CXX_COMPILER:"):
            path = line.split("=", 1)[1]
            try:
                return subprocess.run([path, "--version"], capture_output=True, text=True).stdout.splitlines()[0]
            except (OSError, IndexError):
                return path
    return "unknown"


def describe(build):
    virtual = "hypervisor" in cpu_field("flags").split()
    return {
        "cpu": cpu_name() + (", a virtual machine" if virtual else ""),
        "cores": os.cpu_count(),
        "caches": caches(),
        "system": f"{distribution()}, Linux {platform.release().split('-')[0]}",
        "compiler": compiler(build),
    }
