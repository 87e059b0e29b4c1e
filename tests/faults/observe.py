#!/usr/bin/python3
"""What a client sees of SMTP peers with STARTTLS, on the wire and above it.

Reads lines `ID ADDRESS PORT MODE[,MODE...]`, talks to all peers at once (the
modes of a line one after the other, a connection each), and prints for each
connection `ID MODE: ` and words: how far it came and what stopped it, then
facts as key=value.  It shares no code with the server.

Modes: tls, clear (no STARTTLS), weak (security level 0), big (a ClientHello
of more than 1400 bytes), small (one of 256 to 511 bytes), stay (plaintext
behind the 220).  Silence is what lasts 12 seconds; with MODE+N, from STARTTLS
on (clear: from the start), N seconds.  The mode pause is no connection but
1.5 seconds of rest.
"""

import re
import socket
import ssl
import struct
import sys
import threading
import time

BODY = b"Subject: test\r\n\r\n.leading dot\r\n" + b"0123456789" * 400 + b"\r\n"

PATIENCE = 12
at_once = threading.Semaphore(32)


class Stop(Exception):
    """The session cannot go on; the text says why."""


def reason(error):
    """The library's reason, also where Python knows no constant for it."""
    if error.reason:
        return error.reason
    text = re.sub(r"^\[.*\] | \(.*\)$", "", str(error.args[1]))
    return text.upper().replace(" ", "_")


class Records:
    """TLS records of one direction: enough to see what was sent."""

    def __init__(self):
        self.buffer = b""
        self.messages = b""
        self.facts = {"warning": "-", "ones": 0}
        self.alert = None
        self.clear = True

    def feed(self, data):
        self.buffer += data
        while len(self.buffer) >= 5:
            kind, version, length = struct.unpack(">BHH", self.buffer[:5])
            if kind not in (20, 21, 22, 23) or len(self.buffer) < 5 + length:
                return
            self.record(kind, self.buffer[5:5 + length])
            self.buffer = self.buffer[5 + length:]

    def record(self, kind, body):
        if kind == 21 and len(body) == 2:
            if body[0] == 2:
                self.alert = body[1]
            else:
                self.facts["warning"] = body[1]
        if kind in (20, 23):
            self.clear = False
        if kind == 22 and self.clear:
            if len(body) == 1:
                self.facts["ones"] += 1
            self.messages += body
            self.walk()

    def walk(self):
        while len(self.messages) >= 4:
            length = int.from_bytes(self.messages[1:4], "big")
            if len(self.messages) < 4 + length:
                return
            self.message(self.messages[0], self.messages[4:4 + length])
            self.messages = self.messages[4 + length:]

    def message(self, kind, body):
        if kind == 2:
            self.facts["hello"] = body[:2].hex()
            if body[2:10].hex() == "cf21ad74e59a6111":  # RFC 8446 4.1.3
                self.facts["retry"] = "yes"
            at = 35 + body[34]
            self.facts["cipher"] = body[at:at + 2].hex()
        elif kind == 11:
            self.facts["chain"] = len(body)
        elif kind == 12 and body[0] == 3:
            at = 4 + body[3]
            self.facts["sigalg"] = body[at:at + 2].hex()
        elif kind == 12:
            size = int.from_bytes(body[:2], "big")
            self.facts["dh"] = int.from_bytes(body[2:2 + size],
                                              "big").bit_length()


class Client:
    def __init__(self, address, port, mode, patience):
        self.mode = mode
        self.patience = patience or PATIENCE
        self.records = Records()
        self.facts = self.records.facts
        self.tls = None
        self.lines = b""
        self.gap = 0.0
        self.reset = False
        self.reads = 0
        self.began = time.monotonic()
        try:
            self.socket = socket.create_connection((address, port), PATIENCE)
        except ConnectionRefusedError:
            raise Stop("connect refused")
        self.socket.settimeout(self.patience if mode == "clear" else PATIENCE)

    # bytes below TLS

    def receive(self):
        began = time.monotonic()
        try:
            data = self.socket.recv(65536)
        except socket.timeout:
            raise Stop("silent")
        except OSError:
            raise Stop("rst")
        self.reads += 1
        self.gap = max(self.gap, time.monotonic() - began)
        if not data:
            raise Stop("rst" if self.reset else "fin")
        return data

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            # Data that came before the RST can still be read.
            self.reset = True

    # TLS over it

    def tls_step(self, call):
        while True:
            try:
                result = call()
                self.send(self.outgoing.read())
                return result
            except ssl.SSLWantReadError:
                self.send(self.outgoing.read())
                try:
                    data = self.receive()
                except Stop as stop:
                    # What has come so far is no record: that tells more.
                    self.no_record()
                    raise stop
                self.records.feed(data)
                self.first = (self.first + data)[:64]
                self.incoming.write(data)
            except ssl.SSLZeroReturnError:
                raise Stop("notify")
            except ssl.SSLError as error:
                self.send(self.outgoing.read())
                self.no_record()
                if self.records.alert is not None:
                    raise Stop("alert %d" % self.records.alert)
                if "ALERT" in str(error.reason):
                    raise Stop("alert %s" % error.reason)
                raise Stop("local %s" % reason(error))

    def no_record(self):
        first = self.first
        if first[:1].isdigit():
            raise Stop("text %s" % first[:3].decode())
        if first and first[0] not in (20, 21, 22, 23):
            raise Stop("bytes %d" % first[0])

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if self.mode == "weak":
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
        if self.mode == "small":
            context.options &= ~0x10  # SSL_OP_TLSEXT_PADDING
        if self.mode == "big":
            context.set_alpn_protocols(["x%0200d" % n for n in range(7)])
        return context

    def handshake(self):
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.first = b""
        tls = self.context().wrap_bio(self.incoming, self.outgoing,
                                      server_hostname="mx.faults.test")
        if self.lines:
            self.facts["injected"] = len(self.lines)
            self.lines = b""
        self.step("handshake", lambda: self.tls_step(tls.do_handshake))
        self.tls = tls
        self.facts["version"] = tls.version()
        cert = tls.getpeercert(True)
        # The OID of an elliptic curve key (RFC 5480).
        self.facts["key"] = "ec" if b"\x2a\x86\x48\xce\x3d\x02\x01" in cert \
            else "rsa"

    # SMTP

    def step(self, name, call):
        try:
            return call()
        except Stop as stop:
            raise Stop("%s %s" % (name, stop))

    def more(self):
        if self.tls is None:
            return self.receive()
        data = self.tls_step(lambda: self.tls.read(65536))
        if not data:
            raise Stop("notify")
        return data

    def reply(self):
        lines = []
        while True:
            while b"\n" not in self.lines:
                self.lines += self.more()
            line, self.lines = self.lines.split(b"\n", 1)
            lines.append(line.rstrip(b"\r").decode())
            if line[3:4] != b"-":
                return lines

    def command(self, name, line):
        def run():
            if line is not None:
                if self.tls is None:
                    self.send(line)
                else:
                    self.tls.write(line)
                    self.send(self.outgoing.read())
            return self.reply()
        return self.step(name, run)

    def expect(self, name, line):
        lines = self.command(name, line)
        if lines[0][:1] not in ("2", "3"):
            raise Stop("%s %s" % (name, lines[0][:9].replace(" ", "_")))
        return lines

    def starttls(self, keywords):
        if "STARTTLS" not in [word.upper() for word in keywords]:
            return "not-offered"
        self.socket.settimeout(self.patience)
        lines = self.command("starttls", b"STARTTLS\r\n")
        if lines[0][:3] != "220":
            return "starttls %s" % lines[0][:3]
        if self.mode == "stay":
            self.send(b"EHLO leak.test\r\n")
        self.handshake()
        lines = self.expect("ehlo2", b"EHLO client.test\r\n")
        self.facts["extensions"] = len(lines) - 1
        return "tls"

    def run(self):
        banner = self.expect("banner", None)
        self.facts["banner"] = len(banner)
        before = self.reads
        lines = self.expect("ehlo", b"EHLO client.test\r\n")
        self.facts["ehlo-reads"] = self.reads - before
        for word in ("AUTH", "REQUIRETLS"):
            if any(line[4:].startswith(word) for line in lines):
                self.facts["offers"] = word
        self.facts["keyword"] = "".join(
            line[4:] for line in lines if line[4:].upper() == "STARTTLS") or "-"
        way = "clear"
        if self.mode != "clear":
            way = self.starttls([line[4:] for line in lines[1:]])
        self.expect("mail", b"MAIL FROM:<a@client.test>\r\n")
        self.expect("rcpt", b"RCPT TO:<b@faults.test>\r\n")
        self.expect("data", b"DATA\r\n")
        self.expect("dot", BODY.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        self.expect("quit", b"QUIT\r\n")
        try:
            self.more()
        except Stop as stop:
            self.facts["end"] = stop
        return "sent %s" % way


def observe(name, address, port, mode):
    base, _, patience = mode.partition("+")
    client = None
    try:
        client = Client(address, int(port), base, float(patience or 0))
        result = client.run()
    except Stop as stop:
        result = str(stop)
    words = ["%s %s: %s" % (name, mode, result)]
    if client is not None:
        client.facts["gap-ms"] = int(client.gap * 1000)
        client.facts["ms"] = int((time.monotonic() - client.began) * 1000)
        words += ["%s=%s" % fact for fact in client.facts.items()]
        client.socket.close()
    return " ".join(words)


def observe_all(name, address, port, modes):
    for mode in modes.split(","):
        if mode == "pause":
            time.sleep(1.5)
            continue
        with at_once:
            line = observe(name, address, port, mode)
        print(line + "\n", end="", flush=True)


def main():
    deadline = time.monotonic() + 60
    threads = [threading.Thread(target=observe_all, args=line.split(),
                                daemon=True)
               for line in sys.stdin if line.strip()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0, deadline - time.monotonic()))
    return 0


sys.exit(main())
