"""A mail server that takes no mail in the clear and none without a password; it prints what it took.

Arguments: port, "starttls" or "implicit", certificate, key, user, password.
"""
import asyncio
import ssl
import sys

from aiosmtpd.handlers import Debugging
from aiosmtpd.smtp import SMTP, AuthResult

port, mode, certificate, key, user, password = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


def authenticate(server, session, envelope, mechanism, given):
    success = (given.login, given.password) == (user.encode(), password.encode())
    # "handled" would mean that the answer was given here.
    return AuthResult(success=success, handled=False)


def smtp():
    tls = {"tls_context": context, "require_starttls": True} if mode == "starttls" else {"auth_require_tls": False}
    return SMTP(Debugging(sys.stdout), hostname="localhost", authenticator=authenticate, auth_required=True, **tls)


async def main():
    loop = asyncio.get_running_loop()
    implicit = context if mode == "implicit" else None
    server = await loop.create_server(smtp, "127.0.0.1", int(port), ssl=implicit)
    await server.serve_forever()


asyncio.run(main())
