#!/usr/bin/python3
"""Sends a message: send.py ADDRESS PORT FILE [CA].

With a CA the peer has to show a certificate of its for ADDRESS.
"""

import smtplib
import ssl
import sys

address, port, path = sys.argv[1:4]
context = None
if len(sys.argv) > 4:
    context = ssl.create_default_context(cafile=sys.argv[4])
with open(path, "rb") as file:
    message = file.read()
with smtplib.SMTP(address, int(port), "client.test") as smtp:
    code, text = smtp.starttls(context=context)
    if code != 220:
        sys.exit("STARTTLS: %d %s" % (code, text))
    smtp.sendmail("a@client.test", "b@peer.test", message)
