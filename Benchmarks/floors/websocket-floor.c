// The floor for keystrokes: takes one WebSocket on a Unix socket and gives each short message back.
// Usage: websocket-floor SOCKET
#define _GNU_SOURCE  // memmem
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static unsigned char held[4096];
static size_t count;

static int more(int peer) {
    ssize_t got = read(peer, held + count, sizeof held - count);
    if (got <= 0) return 0;
    count += (size_t)got;
    return 1;
}

static void drop(size_t bytes) {
    memmove(held, held + bytes, count - bytes);
    count -= bytes;
}

static void serve(int peer) {
    char *end;
    while ((end = memmem(held, count, "\r\n\r\n", 4)) == NULL)
        if (!more(peer)) return;
    drop((size_t)(end + 4 - (char *)held));
    static const char head[] =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: floor\r\n\r\n";
    if (write(peer, head, sizeof head - 1) < 0) return;
    for (;;) {
        // RFC 6455, section 5.2: two bytes, the mask, the masked payload.
        while (count < 2 || count < 6u + (held[1] & 127))
            if (!more(peer)) return;
        size_t length = held[1] & 127;
        if (length > 125) return;
        unsigned char answer[2 + 125] = {held[0], (unsigned char)length};
        for (size_t i = 0; i < length; i++) answer[2 + i] = held[6 + i] ^ held[2 + i % 4];
        drop(6 + length);
        if (write(peer, answer, 2 + length) < 0) return;
    }
}

int main(int arguments, char **words) {
    if (arguments != 2) return 2;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, words[1], sizeof address.sun_path - 1);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 16)) return 1;
    for (;;) {
        int peer = accept(listener, NULL, NULL);
        count = 0;
        serve(peer);
        close(peer);
    }
}
