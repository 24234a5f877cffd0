# SPDX-License-Identifier: Apache-2.0
"""Finds, or makes, a Python environment with ONNX Runtime in it."""

import subprocess
import sys
from pathlib import Path

PACKAGES = ["onnxruntime", "onnx", "numpy"]
PROBE = "import onnxruntime, onnx, numpy"


def usable(python):
    try:
        return subprocess.run([python, "-c", PROBE], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def find(choice, folder):
    """(python, note): the interpreter to use, or None and why there is none.

    choice: "off"; a path of an interpreter; or "auto": this interpreter if it has the packages, else a private
    environment in `folder`, made with pip on first use.
    """
    if choice == "off":
        return None, "ONNX Runtime was switched off (--ort off)"
    if choice != "auto":
        return (choice, "") if usable(choice) else (None, f"{choice} cannot import {', '.join(PACKAGES)}")
    if usable(sys.executable):
        return sys.executable, ""
    python = Path(folder) / "bin" / "python"
    if usable(str(python)):
        return str(python), ""
    print("making a private Python environment for ONNX Runtime ...", file=sys.stderr)
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True, timeout=120)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True, capture_output=True,
                       timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        return None, f"ONNX Runtime could not be installed ({type(error).__name__})"
    return (str(python), "") if usable(str(python)) else (None, "ONNX Runtime was installed but does not load")
