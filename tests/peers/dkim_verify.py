"""Verifies the DKIM signatures of a mail with dkimpy: dkim_verify.py MAIL RECORDS

RECORDS has a line `NAME TEXT` for each TXT record that the DNS would give. Prints for each signature of the mail, from
the first, `valid DOMAIN: HEADERS` or `wrong: WHY`, and ends with 0 only if there is one and all are valid.
"""
import sys

import dkim

mail = open(sys.argv[1], "rb").read()
records = dict(line.rstrip("\n").split(" ", 1) for line in open(sys.argv[2], encoding="utf-8"))


def dns(name, timeout=5):
    text = records.get(name.decode("ascii").rstrip("."))
    return text.encode("ascii") if text else None


verifier = dkim.DKIM(mail)
count = sum(1 for name, _ in verifier.headers if name.lower() == b"dkim-signature")
good = count > 0
for number in range(count):
    verifier = dkim.DKIM(mail)
    try:
        valid, why = verifier.verify(idx=number, dnsfunc=dns), "the signature does not fit"
    except dkim.DKIMException as error:
        valid, why = False, str(error)
    if valid:
        print("valid %s: %s" % (verifier.domain.decode(), b" ".join(verifier.include_headers).decode().lower()))
    else:
        good = False
        print("wrong: %s" % why)
if count == 0:
    print("wrong: no signature in this mail")
sys.exit(0 if good else 1)
