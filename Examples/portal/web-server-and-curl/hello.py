#!/usr/bin/env python3
"""A web server of your own. Every request is a question; answer() is what you say."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def answer(path):
    if path == "/":
        return 200, "Hello!\n"
    return 404, "I do not know that.\n"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status, text = answer(self.path)
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode())


print("Listening at http://127.0.0.1:8000/")
try:
    ThreadingHTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
except KeyboardInterrupt:
    print("\nGood night.")
