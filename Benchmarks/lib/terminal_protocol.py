"""The terminal's messages (Sources/SessionAgent/Terminals/TerminalMessage.swift), as far as the benchmark needs them."""
import struct

BINARY, PING = 2, 9


def type(terminal, keys):
    terminal.send(b"\x00" + keys, BINARY)


def output(terminal):
    """The bytes of the next message; nothing when it was not output. Says that they have been shown."""
    opcode, payload = terminal.receive()
    if opcode == PING:
        terminal.send(payload, 10)
        return b""
    if opcode != BINARY or payload[:1] != b"\x01":
        return b""
    position = struct.unpack(">Q", payload[1:9])[0] + len(payload) - 9
    terminal.send(b"\x02" + struct.pack(">Q", position), BINARY)
    return payload[9:]
