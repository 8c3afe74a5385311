#!/usr/bin/env python3
"""Who must hear of which absence, at which run: worked out from the files and the requirements alone.

Usage: attendance_oracle.py ROSTER.zip DAY.json

Reads the roster as its OneRoster files stand and the day as a list of what came when; prints one JSON object: for each
run time the messages, each as [channel, address, [[student number, [periods]], ...]].

It shares no code with the program. What it knows of the requirements: attendance goes to the student's home phones and
to the e-mail addresses of the main and the secondary contact (A40); nobody who is kept from a child hears of it (LAW-52); one
message for each address and channel, with all children whom that address may hear of (A40); high school is told by
class, the others by day (A48); excused, late and explained are not told; what was told is not told again, and each later
class is (A48).
"""
import csv
import io
import json
import sys
import zipfile
from collections import defaultdict

UNEXCUSED = {"A", "UA", "U", "ABS", "UNV"}


def table(archive, name):
    with archive.open(name) as raw:
        return list(csv.DictReader(io.TextIOWrapper(raw, "utf-8-sig")))


def digits(text):
    only = "".join(c for c in text if c.isdigit())
    return "+1" + only if len(only) == 10 else "+" + only


def split(text):
    return [part.strip() for part in text.split(",") if part.strip()]


class Town:
    def __init__(self, path):
        with zipfile.ZipFile(path) as archive:
            orgs = {row["sourcedId"]: row["name"] for row in table(archive, "orgs.csv")}
            users = table(archive, "users.csv")
        self.by_id = {row["sourcedId"]: row for row in users}
        self.student = {row["identifier"]: row for row in users if row["role"] == "student"}
        self.by_class = {
            number: "high" in orgs[split(row["orgSourcedIds"])[0]].lower().split() for number, row in self.student.items()
        }
        # Who may hear nothing of a child, by each address of theirs: such a child goes in a message of its own there.
        self.kept = defaultdict(set)
        for number, row in self.student.items():
            for guardian in split(row["metadata.custodyRestricted"]):
                for channel, address in self.own(guardian):
                    self.kept[address].add(number)

    def own(self, guardian):
        row = self.by_id.get(guardian)
        if row is None:
            return
        if row["email"].strip():
            yield "email", row["email"].strip().lower()
        for field in ("phone", "sms", "metadata.homePhone", "metadata.homePhone2", "metadata.workPhone"):
            if row[field].strip():
                yield "voice", digits(row[field])

    def addresses(self, number):
        """Where the family of one student hears of an absence."""
        row = self.student[number]
        restricted = set(split(row["metadata.custodyRestricted"]))
        found = set()
        for field in ("metadata.homePhone", "metadata.homePhone2"):
            if row[field].strip():
                found.add(("voice", digits(row[field])))
        for field in ("metadata.mainContact", "metadata.secondaryContact"):
            guardian = row[field].strip()
            if guardian and guardian not in restricted:
                found.update(place for place in self.own(guardian) if place[0] == "email")
        return found

    def apart(self, address, number):
        """Whether this child goes in a message of its own at this address."""
        return number in self.kept[address]


def main():
    town = Town(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as file:
        day = json.load(file)
    marks, told, explained = {}, set(), set()
    runs = {}
    for event in day["events"]:
        if event["kind"] == "file":
            for number, period, code in event["rows"]:
                key = (number, period)
                before, now = marks.get(key), code
                if before is not None and (before in UNEXCUSED) != (now in UNEXCUSED):
                    told.discard(key)
                marks[key] = now
        elif event["kind"] == "answer":
            explained.add(event["student"])
        elif event["kind"] == "run":
            news = defaultdict(list)
            for (number, period), code in sorted(marks.items()):
                if number not in town.student or code not in UNEXCUSED or number in explained:
                    continue
                if town.by_class[number] != bool(period) or (number, period) in told:
                    continue
                if town.student[number]["orgSourcedIds"] not in event["schools"]:
                    continue
                news[number].append(period)
                told.add((number, period))
            messages = defaultdict(list)
            for number, periods in news.items():
                for channel, address in town.addresses(number):
                    group = number if town.apart(address, number) else ""
                    absent = [number, sorted((p for p in periods if p), key=lambda p: (len(p), p))]
                    messages[(channel, address, group)].append(absent)
            runs[event["at"]] = sorted([channel, address, sorted(of)] for (channel, address, _), of in messages.items())
    json.dump(runs, sys.stdout)


main()
