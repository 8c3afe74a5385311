"""An SMTP server on aiosmtpd: prints `listening PORT`, saves each mail as DIR/N.eml and its envelope as DIR/N.json.

How the local part of a recipient begins decides: nobody 550 5.1.1, full 452 4.2.2, grey 450 4.7.1 the first time,
spam 554 5.7.1 after the text, drop: hangs up after the text without a word, mute: never answers the text.
"""
import argparse
import asyncio
import json
import pathlib
import ssl

from aiosmtpd.smtp import SMTP, AuthResult

parser = argparse.ArgumentParser()
parser.add_argument("--dir", type=pathlib.Path, required=True)
parser.add_argument("--tls", choices=["off", "starttls", "implicit"], default="off")
parser.add_argument("--cert")
parser.add_argument("--key")
parser.add_argument("--user")
parser.add_argument("--password")
parser.add_argument("--only-login", action="store_true")
parser.add_argument("--pipelining", action="store_true")
parser.add_argument("--size", type=int, default=33554432)
args = parser.parse_args()


class Town:
    def __init__(self):
        self.count = 0
        self.seen = set()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        return responses[:-1] + ["250-PIPELINING"] + responses[-1:] if args.pipelining else responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("full"):
            return "452 4.2.2 mailbox full"
        if address.startswith("grey") and address not in self.seen:
            self.seen.add(address)
            return "450 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server, session, envelope):
        to = envelope.rcpt_tos[0]
        if to.startswith("spam"):
            return "554 5.7.1 we do not like it"
        if to.startswith("drop"):
            server.transport.abort()
            return "250 never heard"
        if to.startswith("mute"):
            await asyncio.sleep(3600)
        self.count += 1
        (args.dir / f"{self.count}.eml").write_bytes(envelope.original_content)
        facts = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "options": envelope.mail_options,
            "tls": session.ssl is not None or args.tls == "implicit",
            "user": session.auth_data.decode() if session.auth_data else None,
            "peer": session.peer[1],
            "hello": session.host_name,
        }
        (args.dir / f"{self.count}.json").write_text(json.dumps(facts))
        return f"250 2.0.0 queued as {self.count}"


def authenticate(server, session, envelope, mechanism, login):
    good = (login.login, login.password) == (args.user.encode(), args.password.encode())
    return AuthResult(success=good, handled=False, auth_data=login.login if good else None)


def server():
    tls = None
    if args.tls != "off":
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(args.cert, args.key)
    return SMTP(
        town,
        hostname="peer.example.org",
        enable_SMTPUTF8=True,
        data_size_limit=args.size,
        tls_context=tls if args.tls == "starttls" else None,
        require_starttls=args.tls == "starttls",
        authenticator=authenticate if args.user else None,
        auth_required=bool(args.user),
        auth_require_tls=args.tls == "starttls",
        auth_exclude_mechanism=["PLAIN"] if args.only_login else None,
    )


async def main():
    tls = None
    if args.tls == "implicit":
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(args.cert, args.key)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0, ssl=tls)
    print("listening", listener.sockets[0].getsockname()[1], flush=True)
    await listener.serve_forever()


town = Town()
asyncio.run(main())
