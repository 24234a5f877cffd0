# SPDX-License-Identifier: Apache-2.0
"""Rules about single files and folders."""

import re

from tree import is_source

MAX_README_LINES = 25
MAX_SOURCE_LINES = 600
SPDX = "SPDX-License-Identifier: Apache-2.0"
# The line may follow `#!` and stands near the top.
SPDX_WITHIN_LINES = 3

# Written with character classes, so that this file does not break its own rule.
MACHINE_PATHS = re.compile(r"(?<![\w.~-])/(wor[k]|hom[e]|roo[t]|User[s]|mn[t])/\w")
PACKAGE_HOSTS = re.compile(
    r"\b(deb\.debian[.]org|security\.debian[.]org|(\w+\.)?archive\.ubuntu[.]com|ports\.ubuntu[.]com|pypi[.]org"
    r"|files\.pythonhosted[.]org|registry\.npmjs[.]org|proxy\.golang[.]org|conda\.anaconda[.]org|static\.crates[.]io"
    r"|repo\.maven\.apache[.]org|\w+\.jfrog[.]io)\b"
)


def check_readmes(files):
    wanted = set()
    for path in files:
        parts = path.split("/")[:-1]
        if parts and not parts[0].startswith("."):
            depth = len(parts) if parts[0] == "src" else 1
            wanted.update("/".join(parts[: n + 1]) for n in range(depth))
    findings = []
    for folder in sorted(wanted):
        readme = f"{folder}/README.md"
        if readme not in files:
            findings.append(f"{folder}: has no README.md")
        else:
            lines = len(files[readme].splitlines())
            if lines > MAX_README_LINES:
                findings.append(f"{readme}: has {lines} lines; at most {MAX_README_LINES}")
    return findings


def check_sources(files):
    findings = []
    for path, text in files.items():
        if not is_source(path, text):
            continue
        lines = text.splitlines()
        if not any(SPDX in line for line in lines[:SPDX_WITHIN_LINES]):
            findings.append(f"{path}: has no line '{SPDX}' at the top")
        if len(lines) >= MAX_SOURCE_LINES:
            findings.append(f"{path}: has {len(lines)} lines; fewer than {MAX_SOURCE_LINES} are allowed")
    return findings


def check_texts(files):
    findings = []
    for path, text in files.items():
        for number, line in enumerate(text.splitlines(), start=1):
            for kind, pattern in (("a path of one machine", MACHINE_PATHS), ("a package host", PACKAGE_HOSTS)):
                found = pattern.search(line)
                if found:
                    findings.append(f"{path}:{number}: names {kind}: {found.group(0)}")
    return findings
