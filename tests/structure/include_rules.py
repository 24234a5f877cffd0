# SPDX-License-Identifier: Apache-2.0
"""Which folder may include which. Dependencies point one way."""

import re

from tree import is_code

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)

# The longest prefix that fits a file decides; a folder may always include itself. Prefixes of what it may include.
# A folder that is not listed is free.
ALLOWED = {
    "include/": ["include/"],
    "solver/": [],
    "hw_db/": [],
    "src/common/": ["src/common/", "include/", "solver/", "hw_db/"],
    "src/common/cell/": [],
    "src/common/reference/": [],
    "src/common/device/": [],
    "src/common/kernel/": ["src/common/cell/", "src/common/device/"],
    "src/common/runtime/": ["include/"],
    "src/common/jit/": ["src/common/runtime/", "include/"],
    "src/common/gpu/": ["src/common/cell/", "src/common/kernel/", "src/common/device/", "src/common/plan/", "src/common/runtime/",
                        "include/", "hw_db/"],
    "src/common/api/": ["src/common/runtime/", "include/"],
    "src/backend_cpu/": ["src/common/", "include/", "hw_db/"],
    "src/backend_cuda/": ["src/common/", "include/", "hw_db/"],
    "src/backend_hip/": ["src/common/", "include/", "hw_db/"],
    "examples/": ["include/"],
    # A cell of the user's own is written with the vocabulary of the built-in ones, which is installed for that.
    "examples/custom_cell/": ["include/", "src/common/cell/"],
}
# The reference is the oracle of the tests: it shares nothing with what is tested, and no folder of the library uses it.
FORBIDDEN = {
    "src/backend_cpu/": ["src/common/reference/"],
    "src/backend_cuda/": ["src/common/reference/"],
    "src/backend_hip/": ["src/common/reference/"],
    "src/common/": ["src/common/reference/"],
}
# Folders whose <...> includes are the standard library's: C's for the C header, else C++'s.
STANDARD_ONLY = ["include/", "src/common/cell/", "src/common/reference/"]
C_HEADERS = {
    "assert.h", "complex.h", "ctype.h", "errno.h", "fenv.h", "float.h", "inttypes.h", "iso646.h", "limits.h", "locale.h",
    "math.h", "setjmp.h", "signal.h", "stdalign.h", "stdarg.h", "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h",
    "stdio.h", "stdlib.h", "stdnoreturn.h", "string.h", "tgmath.h", "threads.h", "time.h", "uchar.h", "wchar.h", "wctype.h",
}


def longest_prefix(table, path):
    fitting = [prefix for prefix in table if path.startswith(prefix)]
    return max(fitting, key=len, default=None)


def resolve(path, target, files):
    """The file that `target`, included from `path`, names: beside it, below its top-level folder, or from a root."""
    folder = path.rsplit("/", 1)[0] + "/"
    roots = [folder, path.split("/", 1)[0] + "/", "src/", "include/", "tools/", "solver/include/", "solver/src/",
             "hw_db/include/", "hw_db/src/", ""]
    for root in roots:
        if root + target in files:
            return root + target
    return None


def standard_header(path, target):
    if path.endswith((".h", ".c")):
        return target in C_HEADERS
    return re.fullmatch(r"[a-z_0-9]+", target) is not None


def check_include(path, quote, target, files):
    found = resolve(path, target, files)
    if found is None:
        if quote == '"':
            return f"{path}: includes \"{target}\", which names no file of the tree"
        if path.startswith(tuple(STANDARD_ONLY)) and not standard_header(path, target):
            return f"{path}: includes <{target}>, which is no header of the standard library"
        return None
    own = longest_prefix(ALLOWED, path)
    if own is None:
        return None
    allowed = [own] + ALLOWED[own]
    if not found.startswith(tuple(allowed)) or found.startswith(tuple(FORBIDDEN.get(own, ()))):
        return f"{path}: includes {found}; {own} may include {', '.join(allowed)} only"
    return None


def check_includes(files):
    findings = []
    for path, text in files.items():
        if is_code(path):
            for quote, target in INCLUDE.findall(text):
                finding = check_include(path, quote, target, files)
                if finding:
                    findings.append(finding)
    return findings
