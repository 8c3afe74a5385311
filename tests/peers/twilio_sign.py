"""Twilio's own word on a web hook: reads {"token", "url", "fields": [[name, value], …], "signature"?} from standard input,
prints the signature that Twilio would send, and `genuine` or `forged` for the one given."""
import json
import sys

from twilio.request_validator import RequestValidator

asked = json.load(sys.stdin)
fields = {}
for name, value in asked["fields"]:
    fields.setdefault(name, []).append(value)
fields = {name: values if len(values) > 1 else values[0] for name, values in fields.items()}
validator = RequestValidator(asked["token"])
print(validator.compute_signature(asked["url"], fields))
if "signature" in asked:
    print("genuine" if validator.validate(asked["url"], fields, asked["signature"]) else "forged")
