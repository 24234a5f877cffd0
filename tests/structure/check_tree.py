#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_tree.py ROOT: prints what breaks a rule of the tree and ends with 1, or ends with 0."""

import sys

from file_rules import check_readmes, check_sources, check_texts
from include_rules import check_includes
from tree import read_tree


def check_tree(root):
    files = read_tree(root)
    if "CMakeLists.txt" not in files:
        return [f"{root}: is no source tree, it has no CMakeLists.txt"]
    return check_includes(files) + check_readmes(files) + check_sources(files) + check_texts(files)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: check_tree.py ROOT")
    findings = check_tree(sys.argv[1])
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
