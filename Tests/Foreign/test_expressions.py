"""Judges slipway's own regular expressions by Python's: random ones, as sections' branches."""

import json
import random
import re

SEED = 20150812
FILES, SECTIONS, NAMES = 10, 60, 6
COMMIT = "0" * 40


def expression(source, depth=0):
    """One of the syntax that Java and Python share, over a few characters."""
    return "|".join(sequence(source, depth) for _ in range(source.choice((1, 1, 1, 2))))


def sequence(source, depth):
    return "".join(part(source, depth) for _ in range(source.randint(1, 3)))


def part(source, depth):
    plain = ["a", "b", "1", "-", r"\/", ".", r"\w", r"\d", r"\W", r"\b", "[ab]", "[^a]", "[a-b1]"]
    plain += [r"[\w-]", r"[^\d/]", "^", "$", r"\B"]
    # Deeper ones are what an engine that tries everything never comes back from.
    if depth > 1 or source.random() < 0.6:
        atom = source.choice(plain)
        if atom in ("^", "$", r"\b", r"\B"):
            return atom
    else:
        inner = expression(source, depth + 1)
        around = source.choice(("({})", "(?:{})", "(?:{})", "(?={})", "(?!{})", "(?<=a)({})"))
        atom = around.format(inner)
        if around in ("(?={})", "(?!{})"):
            return atom
    return atom + source.choice(("", "", "", "*", "+", "?", "*?", "+?", "{2}", "{1,3}", "{2,}"))


def test_random_expressions_match_what_pythons_match(slipway):
    source = random.Random(SEED)
    matched = 0
    for _ in range(FILES):
        expressions = {f"s{number}": expression(source) for number in range(SECTIONS)}
        sections = {
            name: {"branch": f"/{text}/", "codedeploy": {"app": {"deployment_group": "g"}}}
            for name, text in expressions.items()
        }
        (slipway.work / "circle.yml").write_text(json.dumps({"deployment": sections}))
        for _ in range(NAMES):
            name = "".join(source.choice("ab1-/") for _ in range(source.randint(1, 6)))
            result = slipway.run(
                "plan", f"--branch={name}", "--commit", COMMIT, "--json", cwd=slipway.work
            )
            plan = json.loads(result.stdout)
            codes = {problem["code"] for problem in plan["problems"]}
            assert "invalid-expression" not in codes, plan["problems"]
            ours = [section for section in [plan["section"], *plan["skipped_sections"]] if section]
            theirs = [
                section
                for section, text in expressions.items()
                if re.fullmatch(text, name, re.ASCII)
            ]
            matched += len(theirs)
            assert ours == theirs, (name, [expressions[it] for it in set(ours) ^ set(theirs)])
    assert matched > FILES * NAMES
