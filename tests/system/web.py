"""The web process as a browser's makers do not: sockets, bytes and WebSocket frames by hand."""
import base64
import json
import os
import socket
import ssl
import struct
import tempfile
import time

from house import BUILD, PATIENCE, Program, secret_of

# Text, binary, close, ping, pong.
CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


class Web(Program):
    """dosegate-web for a house, on a port the kernel gives."""

    def __init__(self, house, *more):
        self.folder = tempfile.TemporaryDirectory(prefix="dosegate-web-")
        super().__init__(os.path.join(BUILD, "dosegate-web"), "--socket", house.socket, "--listen",
                         "127.0.0.1:0", "--state", self.folder.name, *more)
        self.url = self.ready.split()[1]
        self.origin = self.url[:-1]
        self.host = self.origin.removeprefix("https://")
        self.port = int(self.host.rsplit(":", 1)[1])

    def close(self):
        code = self.end()
        self.folder.cleanup()
        return code

    def connect(self, version=None, patience=PATIENCE, source="127.0.0.1"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(os.path.join(self.folder.name, "web.crt"))
        if version is not None:
            context.minimum_version = context.maximum_version = version
        plain = socket.create_connection(("127.0.0.1", self.port), patience, (source, 0))
        try:
            return context.wrap_socket(plain)
        except BaseException:
            plain.close()
            raise

    def ask(self, request, source="127.0.0.1"):
        """The answer to these bytes: (status, {header: value}, body); status 0: hung up."""
        with self.connect(source=source) as s:
            s.sendall(request)
            return answer_of(s)

    def request(self, method="GET", path="/", body=None, source="127.0.0.1", **headers):
        """headers: Origin=…; None leaves one out."""
        given = {"Host": self.host, "Connection": "close"}
        if body is not None:
            given.update({"Content-Type": "application/json", "Origin": self.origin,
                          "Content-Length": str(len(body))})
        given.update({k.replace("_", "-"): v for k, v in headers.items()})
        head = "".join(f"{k}: {v}\r\n" for k, v in given.items() if v is not None)
        return self.ask(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() +
                        (body or "").encode(), source)

    def sign_in(self, person, secret=None, source="127.0.0.1", **more):
        """The cookie."""
        given = dict(person=person, secret=secret or secret_of(person), **more)
        status, headers, body = self.request("POST", "/login", json.dumps(given), source)
        assert status == 200, (status, body)
        return headers["set-cookie"].split(";")[0]

    def page(self, person=None, cookie=None):
        return Page(self, cookie or (self.sign_in(person) if person else None))


def answer_of(s):
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            part = s.recv(65536)
        except (ConnectionResetError, ssl.SSLError):
            part = b""
        if not part:
            return 0, {}, data.decode(errors="replace")
        data += part
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
    length = int(headers.get("content-length", 0))
    while len(body) < length:
        body += s.recv(65536)
    return int(lines[0].split()[1]), headers, body.decode(errors="replace")


class Closed(Exception):
    pass


class Page:
    """A WebSocket of a page. None of `headers`, when given as None, is sent."""

    def __init__(self, web, cookie=None, **headers):
        self.socket = web.connect()
        self.said = []
        self.last = 0
        given = {"Host": web.host, "Origin": web.origin, "Upgrade": "websocket",
                 "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                 "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
                 "Sec-WebSocket-Protocol": "dosegate", "Cookie": cookie}
        given.update({k.replace("_", "-"): v for k, v in headers.items()})
        head = "".join(f"{k}: {v}\r\n" for k, v in given.items() if v is not None)
        self.socket.sendall(f"GET /live HTTP/1.1\r\n{head}\r\n".encode())
        self.rest = b""
        while b"\r\n\r\n" not in self.rest:
            try:
                part = self.socket.recv(4096)
            except (ConnectionResetError, ssl.SSLError):
                part = b""
            if not part:
                self.socket.close()
                raise Closed("before it opened")
            self.rest += part
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        self.status = int(head.split()[1])
        if self.status != 101:
            self.socket.close()
            raise Closed(f"answered {self.status}")

    def close(self):
        self.socket.close()

    def frame(self, text, kind=TEXT, last=True):
        data = text.encode() if isinstance(text, str) else text
        mask = os.urandom(4)
        n = len(data)
        size = (bytes([0x80 | n]) if n < 126 else struct.pack(">BH", 0x80 | 126, n) if n < 65536
                else struct.pack(">BQ", 0x80 | 127, n))
        wide = (mask * (n // 4 + 1))[:n]
        masked = (int.from_bytes(data, "big") ^ int.from_bytes(wide, "big")).to_bytes(n, "big")
        self.socket.sendall(bytes([(0x80 if last else 0) | kind]) + size + mask + masked)

    def exact(self, n):
        while len(self.rest) < n:
            try:
                part = self.socket.recv(65536)
            except (ConnectionResetError, ssl.SSLError):
                part = b""
            if not part:
                raise Closed("hung up")
            self.rest += part
        data, self.rest = self.rest[:n], self.rest[n:]
        return data

    def read(self):
        """The next message, parsed."""
        whole = b""
        while True:
            first, size = self.exact(2)
            if size == 126:
                size, = struct.unpack(">H", self.exact(2))
            elif size == 127:
                size, = struct.unpack(">Q", self.exact(8))
            data = self.exact(size)
            kind = first & 15
            if kind == CLOSE:
                raise Closed(data[2:].decode(errors="replace"))
            if kind in (PING, PONG):
                continue
            whole += data
            if first & 0x80:
                return json.loads(whole)

    def send(self, method, **params):
        self.last += 1
        self.frame(json.dumps({"id": self.last, "method": method, "params": params}))
        return self.last

    def call(self, method, **params):
        """The whole answer: {"result"} or {"error"}; what is told meanwhile stays in `said`."""
        want = self.send(method, **params)
        while True:
            message = self.read()
            if message.get("id") == want:
                return message
            self.said.append(message)

    def told(self, what):
        """Waits for something told for which what(message) is true."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            while self.said:
                message = self.said.pop(0)
                if what(message):
                    return message
            self.said.append(self.read())
        raise AssertionError("waited in vain")
