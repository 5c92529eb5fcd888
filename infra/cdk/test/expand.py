"""Expands infra/template.yaml as the SAM transform does on deployment: prints, as JSON, for each stage of samconfig.toml and
for the template's own defaults, the parameters' values and the plain CloudFormation template.
"""

import json
import os
import sys
from copy import deepcopy
from pathlib import Path

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[3]

# Where `sam package` writes an address in S3, and the form that it has there. The folder's or file's name stands for the
# content's hash: both sides then say the same of the same artifact.
PACKAGED = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::StateMachine": "DefinitionUri"}

# What the template wants from everybody.
REQUIRED = {
    "CredentialsSecretArn": "arn:aws:secretsmanager:us-east-1:111122223333:secret:credentials-AAAAAA",
    "OrderIdSecretArn": "arn:aws:secretsmanager:us-east-1:111122223333:secret:order-id-AAAAAA",
}


class NoManagedPolicies:
    """Roles are written out in the template, so that no managed policy has to be looked up."""

    def load(self):
        return {}


def stages():
    """The values that `sam deploy --config-env` passes, by stage."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    for name, tables in config.items():
        if isinstance(tables, dict):
            pairs = (text.split("=", 1) for text in tables["deploy"]["parameters"]["parameter_overrides"])
            yield name, {key: value.strip('"') for key, value in pairs}


def packaged(template):
    for resource in template["Resources"].values():
        name = PACKAGED.get(resource["Type"])
        if name:
            resource["Properties"][name] = {"Bucket": "artifacts", "Key": Path(resource["Properties"][name]).name}
    return template


def main():
    # The translator asks for one, for names of partitions only.
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    template = packaged(yaml_parse((ROOT / "infra" / "template.yaml").read_text()))
    defaults = {name: entry["Default"] for name, entry in template["Parameters"].items() if "Default" in entry}
    cases = {}
    for name, given in [("defaults", REQUIRED), *stages()]:
        values = defaults | given
        cases[name] = {"parameters": values, "template": transform(deepcopy(template), dict(values), NoManagedPolicies())}
    json.dump(cases, sys.stdout)


main()
