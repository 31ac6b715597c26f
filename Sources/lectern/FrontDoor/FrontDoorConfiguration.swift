/// The nginx configuration of the front door, as a pure function of where things are.
///
/// It names no session: the host picks the session's socket, and a missing socket falls back to the portal. So it is
/// never reloaded when sessions come and go (`Deploy/nginx` has the same for an operator's own nginx).
struct FrontDoorConfiguration: Equatable {
    /// `HOST:PORT` to listen on.
    var listen: String
    /// The portal's host name, for example `lectern.localhost`.
    var portalHost: String
    /// What follows a session's name in its host name, for example `lectern.localhost`.
    var sessionDomain: String
    /// The portal's `metadata.name`, with which all names of sessions begin.
    var portalName: String
    /// `HOST:PORT` of the portal. TCP, since through nginx it answers a fifth more requests than a Unix socket does.
    var portal: String
    /// Seconds after which the portal closes an idle connection: nginx closes its own before.
    var portalTimeout: Int = 20
    /// The folder with `<session>/agent.sock`.
    var sessionsFolder: String
    /// nginx's own folder: pid file and temporary files.
    var folder: String
    /// The account for worker processes when the program runs as root; `nil` keeps the present one.
    var workerUser: String?
    /// A static site served beside the portal, `HOST:PORT` and folder: the example index page.
    var site: (listen: String, folder: String)?
    /// Bytes that a request body may have at most.
    var maximumBody: Int = 64 * 1024 * 1024
    /// Seconds for which a connection to a learner's server may be silent.
    var serverTimeout: Int = 3600
    /// `nil` for plain HTTP.
    var certificate: Certificate?

    struct Certificate: Equatable {
        /// PEM files.
        var file: String
        var key: String
        /// Changes with the certificate, so that a renewed one is noticed at a start.
        var version: String
    }

    static func == (left: Self, right: Self) -> Bool { left.text == right.text }

    var text: String {
        """
        # Made by lectern serve at every start: changes here are lost.
        daemon off;
        worker_processes auto;
        worker_rlimit_nofile 65536;
        pid \(quoted(folder + "/nginx.pid"));
        error_log stderr error;
        \(workerUser.map { "user \($0);" } ?? "")
        events {
            worker_connections 16384;
        }
        http {
            access_log off;
            # Lesser lines about a request quote its address with everything in it, codes and tokens too. What they would
            # tell, that a session is over, is no error.
            error_log stderr alert;
            server_tokens off;
            default_type application/octet-stream;
            types {
                text/html html; text/css css; text/javascript js; image/svg+xml svg; image/png png;
                image/x-icon ico; application/json json; text/plain txt;
            }
            client_body_temp_path \(quoted(folder + "/body"));
            proxy_temp_path \(quoted(folder + "/proxy"));
            fastcgi_temp_path \(quoted(folder + "/fastcgi"));
            uwsgi_temp_path \(quoted(folder + "/uwsgi"));
            scgi_temp_path \(quoted(folder + "/scgi"));
            client_max_body_size \(maximumBody);
            client_header_timeout 20s;
            client_body_timeout 20s;
            keepalive_timeout 75s;
            keepalive_requests 100000;
            large_client_header_buffers 4 16k;
            tcp_nodelay on;
            sendfile on;
            proxy_http_version 1.1;
            proxy_buffer_size 16k;
            proxy_buffers 8 16k;
            proxy_busy_buffers_size 32k;
            proxy_connect_timeout 5s;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Request-ID $request_id;
            proxy_set_header Connection "";
            # Sessions may be busy for hours without a byte; the terminal's own pings keep the connection alive.
            proxy_read_timeout 120s;

            map $http_upgrade $lectern_connection {
                default upgrade;
                "" "";
            }
            upstream lectern_portal {
                server \(portal);
                keepalive 64;
                keepalive_timeout \(max(1, portalTimeout - 5))s;
            }
            # A request that changes something is never sent twice, so it gets a connection of its own: one that was kept
            # may be closed by a portal that restarts in the moment in which it is used again.
            upstream lectern_portal_once {
                server \(portal);
            }
            map $request_method $lectern_portal {
                default lectern_portal_once;
                GET lectern_portal;
                HEAD lectern_portal;
            }

        \(tlsSettings)
            server {
                listen \(listen)\(listenOptions) default_server backlog=4096;
                server_name \(portalHost);
                location / {
                    proxy_pass http://$lectern_portal;
                }
            }
        \(serversBlock)
            server {
                listen \(listen)\(listenOptions);
                server_name \(quoted("~^(?<session>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\\." + escapedForExpression(sessionDomain) + "$"));
                location / {
                    proxy_pass \(quoted("http://unix:" + sessionsFolder + "/$session/agent.sock:"));
                    proxy_set_header Host $http_host;
                    proxy_set_header X-Forwarded-For $remote_addr;
                    proxy_set_header X-Forwarded-Proto $scheme;
                    proxy_set_header X-Request-ID $request_id;
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection $lectern_connection;
                    proxy_buffering off;
                    error_page 502 = @portal;
                }
                # The agent says who may send what, before it has arrived: nothing of it is kept here.
                location ~ ^/(upload/|editor/upload$) {
                    proxy_pass \(quoted("http://unix:" + sessionsFolder + "/$session/agent.sock:"));
                    proxy_set_header Host $http_host;
                    proxy_set_header X-Forwarded-For $remote_addr;
                    proxy_set_header X-Forwarded-Proto $scheme;
                    proxy_set_header X-Request-ID $request_id;
                    proxy_set_header Connection "";
                    proxy_request_buffering off;
                    client_max_body_size 0;
                }
                location @portal {
                    proxy_pass http://$lectern_portal;
                }
            }
        \(siteBlock)
        }

        """
    }

    /// The lines of a configuration that say where to listen, each once.
    static func listens(in text: String) -> [String] {
        var lines: [String] = []
        for line in text.split(separator: "\n").map({ $0.drop { $0 == " " } }) where line.hasPrefix("listen ") {
            if !lines.contains(String(line)) { lines.append(String(line)) }
        }
        return lines
    }

    var listenOptions: String { certificate == nil ? "" : " ssl http2" }

    private var tlsSettings: String {
        guard let certificate else { return "" }
        return """
                # Certificate \(certificate.version).
                ssl_certificate \(quoted(certificate.file));
                ssl_certificate_key \(quoted(certificate.key));
                ssl_protocols TLSv1.2 TLSv1.3;
                ssl_session_cache shared:lectern:10m;
                ssl_session_tickets off;
                # Whoever speaks plain HTTP is shown the way.
                error_page 497 =308 https://$http_host$request_uri;
            """
    }

    private var siteBlock: String {
        guard let site else { return "" }
        return """
                server {
                    listen \(site.listen);
                    server_name _;
                    root \(quoted(site.folder));
                    index index.html;
                    add_header Cache-Control no-cache;
                }
            """
    }

    func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    func escapedForExpression(_ text: String) -> String { text.replacing(".", with: "\\.") }
}
