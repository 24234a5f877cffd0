# SPDX-License-Identifier: Apache-2.0
"""The files of a source tree."""

import os

SOURCE_SUFFIXES = (".h", ".hpp", ".c", ".cpp", ".cmake", ".py", ".sh", ".map.in", ".cmake.in", ".pc.in")
CODE_SUFFIXES = (".h", ".hpp", ".c", ".cpp")
SKIPPED_FOLDERS = {"build", "__pycache__"}


def is_source(path, text):
    name = path.rsplit("/", 1)[-1]
    return name.endswith(SOURCE_SUFFIXES) or name == "CMakeLists.txt" or text.startswith("#!")


def is_code(path):
    return path.endswith(CODE_SUFFIXES)


def read_tree(root):
    """{path relative to root, with slashes: text}; build trees, hidden folders and binary files left out."""
    files = {}
    for folder, subfolders, names in os.walk(root):
        if "CMakeCache.txt" in names:
            subfolders.clear()
            continue
        hidden = {name for name in subfolders if name.startswith(".") and name != ".ci"}
        subfolders[:] = sorted(set(subfolders) - hidden - SKIPPED_FOLDERS)
        # A linked work tree has a file .git.
        for name in sorted(set(names) - {".git"}):
            full = os.path.join(folder, name)
            path = os.path.relpath(full, root).replace(os.sep, "/")
            try:
                with open(full, encoding="utf-8") as file:
                    files[path] = file.read()
            except UnicodeDecodeError:
                continue
    return files
