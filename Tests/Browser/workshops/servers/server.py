"""A server that tells what it was asked: for the tests of a session's hosts."""

import base64
import hashlib
import http.server
import json
import socketserver
import ssl
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self):
        if self.headers.get("Upgrade") == "websocket":
            return self.echo_socket()
        path = self.path.split("?")[0]
        if path == "/events":
            return self.events()
        if path == "/big":
            return self.big(int(self.path.split("?")[1]))
        if path == "/close":
            self.close_connection = True
            return
        if path == "/slow":
            time.sleep(float(self.path.split("?")[1]))
        received = hashlib.sha256()
        count = 0
        for piece in self.body():
            received.update(piece)
            count += len(piece)
        seen = {
            "method": self.command, "path": self.path, "headers": self.headers.items(), "count": count,
            "digest": received.hexdigest(),
        }
        text = json.dumps(seen).encode()
        if path == "/page":
            text = b"<!doctype html><title>App</title><h1>The app</h1><p id=path>" + self.path.encode() + b"</p>"
        self.send_response(404 if path == "/missing" else 302 if path == "/away" else 200)
        self.send_header("Content-Type", "text/html" if path == "/page" else "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.send_header("X-Accel-Redirect", "/.lectern/authorize")
        self.send_header("Set-Cookie", "taste=sweet; Domain=lectern.localhost; Path=/")
        if path == "/away":
            self.send_header("Location", "http://localhost:3000/page?from=away")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline().split(b";")[0], 16):
                while size:
                    piece = self.rfile.read(min(size, 65536))
                    size -= len(piece)
                    yield piece
                self.rfile.readline()
            self.rfile.readline()
            return
        left = int(self.headers.get("Content-Length", 0))
        while left:
            piece = self.rfile.read(min(left, 65536))
            if not piece:
                return
            left -= len(piece)
            yield piece

    def events(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for number in range(3):
            self.wfile.write(f"data: {number}\n\n".encode())
            self.wfile.flush()
            time.sleep(0.2)
        self.close_connection = True

    def big(self, size):
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        piece = bytes(range(256)) * 256
        while size:
            self.wfile.write(piece[:size])
            size -= min(size, len(piece))

    def echo_socket(self):
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        while True:
            head = self.rfile.read(2)
            if len(head) < 2 or head[0] & 15 == 8:
                break
            mask = self.rfile.read(4)
            text = bytes(byte ^ mask[index % 4] for index, byte in enumerate(self.rfile.read(head[1] & 127)))
            self.wfile.write(bytes([0x81, len(text)]) + text)
        self.close_connection = True


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 512


server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(f"listening on {sys.argv[1]}", flush=True)
server.serve_forever()
