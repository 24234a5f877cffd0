#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every rule accepts a good tree and finds the one fault that is put into it."""

import os
import tempfile
import unittest

from check_tree import check_tree

SPDX_CPP = "// SPDX-License-Identifier: Apache-2.0\n"
SPDX_HASH = "# SPDX-License-Identifier: Apache-2.0\n"

GOOD = {
    "CMakeLists.txt": SPDX_HASH,
    "README.md": "FlashRNN\n",
    "include/README.md": "public\n",
    "include/flashrnn/flashrnn.h": SPDX_CPP + '#include <stdint.h>\n#include "flashrnn/version.h"\n',
    "include/flashrnn/version.h": SPDX_CPP,
    "include/flashrnn/flashrnn.hpp": SPDX_CPP + '#include <vector>\n#include "flashrnn/flashrnn.h"\n',
    "solver/README.md": "solver\n",
    "solver/parser.cpp": SPDX_CPP + '#include "solver/parser.hpp"\n',
    "solver/parser.hpp": SPDX_CPP + "#include <string>\n",
    "hw_db/README.md": "database\n",
    "hw_db/loader.cpp": SPDX_CPP + "#include <nlohmann/json.hpp>\n",
    "src/README.md": "sources\n",
    "src/common/README.md": "common\n",
    "src/common/cell/README.md": "cells\n",
    "src/common/cell/math.hpp": SPDX_CPP + "#include <cmath>\n",
    "src/common/cell/lstm.hpp": SPDX_CPP + '#include "common/cell/math.hpp"\n',
    "src/common/reference/README.md": "oracle\n",
    "src/common/reference/reference.hpp": SPDX_CPP + "#include <vector>\n",
    "src/common/runtime/README.md": "runtime\n",
    "src/common/runtime/status.hpp": SPDX_CPP + '#include "flashrnn/flashrnn.h"\n',
    "src/common/api/README.md": "api\n",
    "src/common/api/calls.cpp": SPDX_CPP + '#include "common/runtime/status.hpp"\n',
    "src/backend_cpu/README.md": "cpu\n",
    "src/backend_cpu/plan.hpp": SPDX_CPP + '#include "common/cell/lstm.hpp"\n#include <xsimd/xsimd.hpp>\n',
    "src/backend_cuda/README.md": "cuda\n",
    "src/backend_cuda/plan.hpp": SPDX_CPP,
    "examples/README.md": "examples\n",
    "examples/minimal.c": SPDX_CPP + "#include <flashrnn/flashrnn.h>\n",
    "scripts/README.md": "scripts\n",
    "scripts/run": "#!/usr/bin/env bash\n" + SPDX_HASH,
}


class RulesTest(unittest.TestCase):
    def findings(self, changes):
        """What check_tree says of the good tree with `changes` applied; None removes a file."""
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**GOOD, **changes}.items():
                if text is not None:
                    full = os.path.join(root, path)
                    os.makedirs(os.path.dirname(full), exist_ok=True)
                    with open(full, "w", encoding="utf-8") as file:
                        file.write(text)
            return check_tree(root)

    def expect_one(self, path, text, part):
        found = self.findings({path: text})
        self.assertEqual(len(found), 1, found)
        self.assertIn(part, found[0])

    def expect_include(self, path, include, part):
        self.expect_one(path, GOOD.get(path, SPDX_CPP) + f"#include {include}\n", part)

    def test_good_tree_passes(self):
        self.assertEqual(self.findings({}), [])

    def test_no_tree(self):
        self.expect_one("CMakeLists.txt", None, "is no source tree")

    def test_solver_and_database_stand_alone(self):
        self.expect_include("solver/parser.cpp", '"common/runtime/status.hpp"', "solver/ may include")
        self.expect_include("solver/parser.cpp", "<flashrnn/flashrnn.h>", "solver/ may include")
        self.expect_include("solver/parser.cpp", '"hw_db/loader.cpp"', "solver/ may include")
        self.expect_include("hw_db/loader.cpp", '"solver/parser.hpp"', "hw_db/ may include")

    def test_cell_uses_its_vocabulary_only(self):
        self.expect_include("src/common/cell/lstm.hpp", '"common/runtime/status.hpp"', "src/common/cell/ may include")
        self.expect_include("src/common/cell/lstm.hpp", '"flashrnn/flashrnn.h"', "src/common/cell/ may include")
        self.expect_include("src/common/cell/lstm.hpp", "<xsimd/xsimd.hpp>", "no header of the standard library")

    def test_reference_is_independent(self):
        self.expect_include("src/common/reference/reference.hpp", '"common/cell/lstm.hpp"', "reference/ may include")
        self.expect_include("src/backend_cpu/plan.hpp", '"common/reference/reference.hpp"', "backend_cpu/ may include")

    def test_common_knows_no_backend(self):
        for path in ("src/common/runtime/status.hpp", "src/common/api/calls.cpp", "src/common/cell/lstm.hpp"):
            self.expect_include(path, '"backend_cpu/plan.hpp"', "may include")
        self.expect_one("src/common/other.hpp", SPDX_CPP + '#include "../backend_cpu/plan.hpp"\n', "names no file")

    def test_a_new_folder_of_common_is_held_to_the_rules_of_common(self):
        found = self.findings({
            "src/common/plan/README.md": "plan\n",
            "src/common/plan/plan.hpp": SPDX_CPP + '#include "backend_cpu/plan.hpp"\n#include "solver/parser.hpp"\n',
        })
        self.assertEqual(len(found), 1, found)
        self.assertIn("src/common/ may include", found[0])

    def test_api_uses_runtime_only(self):
        self.expect_include("src/common/api/calls.cpp", '"common/cell/lstm.hpp"', "src/common/api/ may include")

    def test_backends_do_not_know_each_other(self):
        self.expect_include("src/backend_cuda/plan.hpp", '"backend_cpu/plan.hpp"', "src/backend_cuda/ may include")

    def test_examples_use_the_public_interface(self):
        self.expect_include("examples/minimal.c", '"common/runtime/status.hpp"', "examples/ may include")
        self.expect_include("examples/minimal.c", '"common/cell/lstm.hpp"', "examples/ may include")
        cell = "examples/custom_cell/cell.hpp"
        self.assertEqual(self.findings({cell: SPDX_CPP + '#include "common/cell/lstm.hpp"\n'}), [])
        self.expect_include(cell, '"common/runtime/status.hpp"', "examples/custom_cell/ may include")

    def test_public_headers_are_standard_c(self):
        self.expect_include("include/flashrnn/flashrnn.h", "<vector>", "no header of the standard library")
        self.expect_include("include/flashrnn/flashrnn.h", "<unistd.h>", "no header of the standard library")
        self.expect_include("include/flashrnn/flashrnn.hpp", "<tbb/tbb.h>", "no header of the standard library")
        self.expect_include("include/flashrnn/flashrnn.h", '"common/runtime/status.hpp"', "include/ may include")

    def test_includes_name_files(self):
        self.expect_include("src/backend_cpu/plan.hpp", '"common/cell/gru.hpp"', "names no file")

    def test_readme_in_each_folder(self):
        self.expect_one("src/backend_cpu/simd/gemm.hpp", SPDX_CPP, "src/backend_cpu/simd: has no README.md")
        self.expect_one("src/common/api/README.md", None, "src/common/api: has no README.md")
        self.expect_one("bench/main.cpp", SPDX_CPP, "bench: has no README.md")

    def test_readme_is_short(self):
        self.assertEqual(self.findings({"src/README.md": "line\n" * 25}), [])
        self.expect_one("src/README.md", "line\n" * 26, "has 26 lines")

    def test_spdx_line(self):
        self.expect_one("solver/parser.hpp", "#pragma once\n", "solver/parser.hpp: has no line")
        self.expect_one("scripts/run", "#!/usr/bin/env bash\n", "scripts/run: has no line")
        self.expect_one("src/CMakeLists.txt", "add_library(x)\n", "src/CMakeLists.txt: has no line")
        self.expect_one("solver/parser.hpp", "\n\n\n" + SPDX_CPP, "solver/parser.hpp: has no line")

    def test_file_length(self):
        self.assertEqual(self.findings({"solver/parser.hpp": SPDX_CPP + "\n" * 598}), [])
        self.expect_one("solver/parser.hpp", SPDX_CPP + "\n" * 599, "has 600 lines")

    def test_no_machine_paths_or_package_hosts(self):
        self.assertEqual(self.findings({"README.md": "network/workload, /worker/x, a/home/page\n"}), [])
        self.expect_one("README.md", "see /" + "work/notes\n", "README.md:1: names a path of one machine")
        self.expect_one("examples/README.md", "cd /" + "home/me\n", "names a path of one machine")
        self.expect_one("scripts/run", GOOD["scripts/run"] + "curl https://pypi" + ".org/simple\n", "a package host")
        self.expect_one("README.md", "deb http://deb.debian" + ".org/debian\n", "names a package host")

    def test_build_trees_do_not_count(self):
        self.assertEqual(self.findings({"build/x/a.cpp": "", "other/CMakeCache.txt": "", "other/a.cpp": ""}), [])


if __name__ == "__main__":
    unittest.main()
