#!/usr/bin/env python3
"""The island: a very small web server with something buried on it.

Everything here is Python's own. You may read it, it is your server; but it is more fun after you have dug.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

BEACH = """You pull the boat up the beach. The sand is warm.
A sign, in faded letters: THE CAPTAIN LIVES AT  /captain
"""

HUT = """A hut of driftwood. Nobody answers. On a perch sits a parrot and looks at you.
It seems to wait for a word. You have a feeling that one does not GET a word to a parrot. One has to POST it:
the form has a single field, and its name is  word
"""

WRONG_WORD = """The parrot looks away, bored. That was not the word.
(Did you listen? When you came in, it was muttering in the headers.)
"""

RIGHT_WORD = """"Pieces of eight!" cries the parrot, and drops a brass key into your hand.
"Use it in the cave!"  It means  /cave
"""

LOCKED = """An iron door in the rock, and a keyhole in the shape of a cookie.
You have no key with you.
"""

SMUDGE = """The key turns. Inside, on the wall, is a map. But it is drawn so badly that no human could read it:

      ~~ .:X? ~~~ ;;. o  ~~  N? ~ .. 7 ~ E

Scratched below: "machines read this better.  Accept: application/json"
"""

TREASURE = r"""Your spade hits iron.

            ____________________
           /\                   \
          /  \   $  o  $  *  $   \
         /____\___________________\
         |    |  * $ o $ $ * o $  |
         |    |        ||         |
         |    |       (__)        |
         |____|___________________|

You have found the treasure of the island. It is yours: under the gold lies a piece of paper, and on it stands

    A web site is someone who answers. Nothing more was ever hidden.

The cat would like to go home now.
"""

TEAPOT = "I am a teapot, short and stout. This is a real status code; look it up one day.\n"


class Island(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Island/1.0"
    sys_version = ""

    def do_GET(self):
        place = urlsplit(self.path)
        if place.path == "/":
            self.say(200, BEACH)
        elif place.path == "/captain":
            self.say(301, "The captain has moved to /hut\n", {"Location": "/hut"})
        elif place.path == "/hut":
            self.say(200, HUT, {"X-Parrot-Mutters": "doubloon... doubloon..."})
        elif place.path == "/cave":
            self.cave()
        elif place.path == "/dig":
            self.say(405, "Looking at the ground does not dig a hole in it.\n", {"Allow": "POST"})
        elif place.path == "/teapot":
            self.say(418, TEAPOT)
        else:
            self.say(404, "Nothing here but sand.\n")

    do_HEAD = do_GET

    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 10_000))
        place = urlsplit(self.path)
        if place.path == "/hut":
            word = parse_qs(body.decode("utf-8", "replace")).get("word", [""])[0]
            if word.strip().lower() == "doubloon":
                self.say(200, RIGHT_WORD, {"Set-Cookie": "key=brass; Path=/; HttpOnly"})
            else:
                self.say(403, WRONG_WORD)
        elif place.path == "/dig":
            self.dig(parse_qs(place.query))
        else:
            self.say(405, "That does not do anything here.\n", {"Allow": "GET, HEAD"})

    def cave(self):
        if "key=brass" not in self.headers.get("Cookie", ""):
            self.say(403, LOCKED)
        elif "application/json" in self.headers.get("Accept", ""):
            chart = {"from": "the hut", "steps": {"north": 7, "east": 12}, "then": "POST /dig?north=…&east=…"}
            self.say(200, json.dumps(chart, ensure_ascii=False) + "\n", kind="application/json", vary=True)
        else:
            self.say(200, SMUDGE, vary=True)

    def dig(self, query):
        if query.get("north") == ["7"] and query.get("east") == ["12"]:
            self.say(200, TREASURE)
        elif "east" not in query:
            self.say(400, "You walk north, and then? The island never heard how far east.\n")
        else:
            self.say(200, "A hole in the sand, with nothing in it. Not here.\n")

    def say(self, status, text, headers=None, kind="text/plain", vary=False):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind + "; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if vary:
            self.send_header("Vary", "Accept, Cookie")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_request(self, code="-", size="-"):
        print(f"  {self.command:5} {self.path:28} -> {int(code)}", flush=True)


if __name__ == "__main__":
    ThreadingHTTPServer.allow_reuse_address = True
    print("The island is at http://127.0.0.1:8000/   (Ctrl+C and it sinks)", flush=True)
    try:
        ThreadingHTTPServer(("127.0.0.1", 8000), Island).serve_forever()
    except KeyboardInterrupt:
        print("\nThe island sinks.")
