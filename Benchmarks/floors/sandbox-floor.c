// The floor for cold starts: the smallest program that answers HTTP on a Unix socket, linked statically, to be run
// inside bwrap. Usage: sandbox-floor SOCKET
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int count, char **arguments) {
    if (count != 2) return 2;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, arguments[1], sizeof address.sun_path - 1);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 16)) return 1;
    for (;;) {
        int peer = accept(listener, NULL, NULL);
        char request[4096];
        if (read(peer, request, sizeof request) > 0) {
            static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
            if (write(peer, answer, sizeof answer - 1) < 0) return 1;
        }
        close(peer);
    }
}
