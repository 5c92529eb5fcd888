"""Runs checkov over templates and holds its findings against `.ci/checkov-accepted.json`: each finding there has its reason.
A finding that is not accepted fails, and so does an acceptance that nothing needs any more.

Arguments: checkov's executable, then the templates. Nothing is downloaded.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ACCEPTED = Path(__file__).with_name("checkov-accepted.json")
PAGE = Path(__file__).parent.parent / "docs" / "security.md"


def findings(checkov, templates):
    """(template, resource type, resource, check, title) of everything that fails."""
    command = [checkov, "--skip-download", "--framework", "cloudformation", "--quiet", "--compact", "-o", "json", "-f", *templates]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # 1 is its word for findings; anything else is a failure of its own.
    if done.returncode not in (0, 1):
        sys.exit(f"checkov failed:\n{done.stderr}")
    report = json.loads(done.stdout)
    summary = report["summary"]
    if summary["parsing_errors"] or summary["resource_count"] < 100 * len(templates):
        sys.exit(f"checkov did not read everything: {summary}")
    for failed in report["results"]["failed_checks"]:
        kind, _, name = failed["resource"].rpartition(".")
        yield failed["file_path"], kind, name, failed["check_id"], failed["check_name"]


def main():
    checkov, *templates = sys.argv[1:]
    accepted = json.loads(ACCEPTED.read_text(encoding="utf-8"))
    idle = set(accepted)
    problems = []
    for template, kind, name, check, title in findings(checkov, templates):
        if kind in accepted.get(check, {"types": []})["types"]:
            idle.discard(check)
        else:
            problems.append(f"{template}: {kind} {name}: {check} {title}")
    written = set(re.findall(r"CKV_AWS_\d+", PAGE.read_text(encoding="utf-8")))
    problems += [f"{PAGE.name}: {check} is written there or accepted, not both" for check in sorted(written ^ set(accepted))]
    problems += [f"{ACCEPTED.name}: {check} is accepted and found nowhere" for check in sorted(idle)]
    if problems:
        sys.exit("\n".join(problems))
    print(f"checkov: {len(templates)} templates, {len(accepted)} findings accepted with a reason, no other")


main()
