"""Writes a CycloneDX bill of materials for each function's binary to target/ci/sbom, and validates it: against CycloneDX's own
schema, and against Cargo.lock, whose checksums it must repeat.

Argument: the folder with cargo-cyclonedx. That tool writes beside each manifest, so it is given a copy of the manifests: the
working tree stays as it is. Needs cyclonedx-python-lib.
"""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "target" / "ci" / "sbom"


def copied():
    """The workspace's manifests and sources, which is all that resolving it needs."""
    tree = ROOT / "target" / "ci" / "sbom-tree"
    shutil.rmtree(tree, ignore_errors=True)
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "Cargo.lock", "*Cargo.toml", "*.rs"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout
    for name in filter(None, listing.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tree / name)
    return tree


def write(tools, tree):
    subprocess.run(
        ["cargo", "cyclonedx", "--quiet", "--format", "json", "--spec-version", "1.5", "--describe", "binaries", "--no-build-deps"],
        cwd=tree, check=True, env=os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"},
    )
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    for bom in sorted(tree.glob("functions/*/*_bin.cdx.json")):
        # What is local has its place in the workspace for an address, not this machine's.
        text = bom.read_text(encoding="utf-8").replace(tree.as_uri(), "file:///workspace")
        (TARGET / f"{bom.parent.name}.cdx.json").write_text(text, encoding="utf-8")


def problems(bom, locked):
    text = bom.read_text(encoding="utf-8")
    error = JsonStrictValidator(SchemaVersion.V1_5).validate_str(text)
    if error:
        yield f"no valid CycloneDX 1.5: {error}"
        return
    registry = 0
    for component in json.loads(text)["components"]:
        name = f"{component['name']} {component['version']}"
        if not component.get("licenses"):
            yield f"{name}: no licence"
        if component["bom-ref"].startswith("registry+"):
            registry += 1
            if [entry["content"] for entry in component.get("hashes", [])] != [locked.get(name)]:
                yield f"{name}: not the checksum of Cargo.lock"
    if registry < 50:
        yield f"only {registry} crates from the registry"


def main():
    tree = copied()
    write(sys.argv[1], tree)
    shutil.rmtree(tree)
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text(encoding="utf-8"))
    locked = {f"{entry['name']} {entry['version']}": entry.get("checksum") for entry in lock["package"]}
    boms = {bom.name.removesuffix(".cdx.json"): bom for bom in TARGET.iterdir()}
    functions = {folder.parent.name for folder in ROOT.glob("functions/*/Cargo.toml")}
    found = [f"{name}: no bill of materials" for name in sorted(functions - boms.keys())]
    found += [f"{name}: {problem}" for name, bom in sorted(boms.items()) for problem in problems(bom, locked)]
    if found:
        sys.exit("\n".join(found))
    print(f"sbom: {len(boms)} functions, in {TARGET.relative_to(ROOT)}")


main()
