#!/usr/bin/env python3
"""Checks a SARIF log on the standard input against what SARIF 2.1.0 requires, and prints one line per result."""
import json
import sys

LEVELS = ("none", "note", "warning", "error")


def check(good, what):
    if not good:
        sys.exit(f"not SARIF 2.1.0: {what}")


def check_message(m, what):
    check(isinstance(m, dict) and isinstance(m.get("text"), str) and m["text"], f"{what}: message without text")


def check_location(place, what):
    physical = place.get("physicalLocation")
    if physical is None:
        return
    uri = physical.get("artifactLocation", {}).get("uri")
    check(isinstance(uri, str) and uri and not set(uri) & set(" <>\"{}|\\^`"), f"{what}: uri {uri!r}")
    region = physical.get("region", {})
    check("startLine" in region or "byteOffset" in region, f"{what}: a region needs a start")
    check(region.get("startLine", 1) >= 1 and region.get("byteOffset", 0) >= 0, f"{what}: region {region}")


def check_result(r, rules):
    check_message(r.get("message"), "result")
    check(r.get("level") in LEVELS, "level")
    check(rules[r["ruleIndex"]]["id"] == r["ruleId"], "ruleIndex does not name ruleId")
    for place in r["locations"] + r.get("relatedLocations", []):
        check_location(place, r["ruleId"])
    for place in r.get("relatedLocations", []):
        check_message(place.get("message"), "related location")
        check(isinstance(place.get("id"), int), "related location without id")


def main():
    log = json.load(sys.stdin)
    check(log.get("version") == "2.1.0" and "sarif-2.1.0" in log.get("$schema", ""), "version")
    check(isinstance(log.get("runs"), list) and len(log["runs"]) == 1, "runs")
    run = log["runs"][0]
    driver = run["tool"]["driver"]
    check(isinstance(driver.get("name"), str), "tool.driver.name")
    rules = driver["rules"]
    check(len({r["id"] for r in rules}) == len(rules) > 80, "rule ids")
    for rule in rules:
        check_message(rule.get("help"), rule["id"])
        check(rule["help"].get("markdown", "").startswith(f"### {rule['id']}"), f"{rule['id']}: help")
        check_message(rule.get("shortDescription"), rule["id"])
    for artifact in run.get("artifacts", []):
        check(isinstance(artifact["location"]["uri"], str), "artifact")
    for r in run["results"]:
        check_result(r, rules)
        place = r["locations"][0]
        print(r["ruleId"], place["physicalLocation"]["artifactLocation"]["uri"], place["logicalLocations"][0]["name"],
              len(r.get("relatedLocations", [])))


if __name__ == "__main__":
    main()
