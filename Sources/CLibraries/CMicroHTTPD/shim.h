#pragma once
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <microhttpd.h>

// libmicrohttpd's enumerations are closed: Swift would take any value outside them, such as a union of flags, for undefined
// behaviour, and Swift cannot call its variadic functions. Both stay on this side.

struct lectern_mhd_settings {
    unsigned int threads;
    size_t stack_size;               // bytes of each thread
    size_t memory_per_connection;    // bytes
    unsigned int connections;        // over all threads
    unsigned int connections_per_address;  // 0: no limit
    unsigned int timeout;            // seconds without a byte; 0: none
};

typedef void *(*lectern_mhd_uri_callback)(void *cls, const char *uri, struct MHD_Connection *connection);

// Serves the connections that it is given by lectern_mhd_add: it does not listen itself. MHD_quiesce_daemon, the library's
// own way to stop listening, ends the program when a thread looks at the listening socket in the same moment (0.9.75).
static inline struct MHD_Daemon *lectern_mhd_start(
    const struct lectern_mhd_settings *settings, MHD_AccessHandlerCallback access, lectern_mhd_uri_callback uri,
    MHD_RequestCompletedCallback completed, MHD_NotifyConnectionCallback connected, void *cls) {
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE |
            MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC, 0, NULL, NULL,
        access, cls,
        MHD_OPTION_NOTIFY_CONNECTION, connected, cls,
        MHD_OPTION_URI_LOG_CALLBACK, uri, cls,
        MHD_OPTION_NOTIFY_COMPLETED, completed, cls,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->memory_per_connection,
        MHD_OPTION_CONNECTION_LIMIT, settings->connections,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, settings->connections_per_address,
        MHD_OPTION_CONNECTION_TIMEOUT, settings->timeout,
        MHD_OPTION_THREAD_STACK_SIZE, settings->stack_size,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        settings->threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, settings->threads,
        MHD_OPTION_END);
}

// Takes over a connection, or closes it when there is no room. -1 then, with errno.
static inline int lectern_mhd_add(struct MHD_Daemon *daemon, int connection, const struct sockaddr *peer, socklen_t size) {
    return MHD_add_connection(daemon, connection, peer, size) == MHD_YES ? 0 : -1;
}

static inline int lectern_mhd_is_start(enum MHD_ConnectionNotificationCode code) {
    return code == MHD_CONNECTION_NOTIFY_STARTED;
}

static inline enum MHD_Result lectern_mhd_result(int succeeded) { return succeeded ? MHD_YES : MHD_NO; }
static inline int lectern_mhd_succeeded(enum MHD_Result result) { return result == MHD_YES; }

static inline void lectern_mhd_headers(struct MHD_Connection *connection, MHD_KeyValueIteratorN iterator, void *cls) {
    (void)MHD_get_connection_values_n(connection, MHD_HEADER_KIND, iterator, cls);
}

static inline const struct sockaddr *lectern_mhd_client_address(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : NULL;
}

static inline struct MHD_Response *lectern_mhd_response(const void *bytes, size_t size, int is_permanent) {
    return MHD_create_response_from_buffer(
        size, (void *)bytes, is_permanent ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_COPY);
}

// A body that is read from a file while it is sent; the library closes the descriptor.
static inline struct MHD_Response *lectern_mhd_file(int descriptor, uint64_t size) {
    return MHD_create_response_from_fd64(size, descriptor);
}

// A body of unknown length, asked for in pieces of at most 8 KiB.
static inline struct MHD_Response *lectern_mhd_stream(
    MHD_ContentReaderCallback read, MHD_ContentReaderFreeCallback release, void *cls) {
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 8192, read, cls, release);
}

static inline int lectern_mhd_queue(struct MHD_Connection *connection, unsigned int status, struct MHD_Response *response) {
    return MHD_queue_response(connection, status, response) == MHD_YES;
}

static inline void lectern_mhd_close_upgraded(struct MHD_UpgradeResponseHandle *handle) {
    (void)MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
}
