internal import Portal

/// The hosts of the learner's own servers (`session.ingresses`): nginx is the HTTP proxy, the agent says of each request
/// whether it may pass, to which socket, and what the server is to see.
extension FrontDoorConfiguration {
    var serversBlock: String {
        let session = "(?<session>" + SessionHosts.pattern(portal: portalName) + ")"
        let name = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
        let domain = "\\." + escapedForExpression(sessionDomain) + "$"
        let sockets = "unix:" + sessionsFolder + "/$session/"
        return """
                map $http_upgrade $lectern_server_connection {
                    default upgrade;
                    "" close;
                }
                map $upstream_http_access_control_allow_origin $lectern_server_allowed {
                    default "";
                    "" $lectern_allowed;
                }
                server {
                    listen \(listen)\(listenOptions);
                    server_name \(quoted("~^" + name + "-" + session + domain)) \(quoted("~^" + session + "-" + name + domain));
                    recursive_error_pages on;
                    absolute_redirect off;
                    # Nothing of a request or an answer is kept here, so nothing has to be limited.
                    client_max_body_size 0;
                    client_body_timeout \(serverTimeout)s;
                    send_timeout \(serverTimeout)s;

                    location = /.lectern/authorize {
                        internal;
                        error_page 404 = @agent;
                        proxy_pass \(quoted("http://" + sockets + "agent.sock:/ingress/authorize"));
                        proxy_method GET;
                        proxy_pass_request_body off;
                        proxy_set_header Content-Length "";
                        proxy_set_header Connection "";
                        proxy_set_header Host $host;
                        proxy_set_header X-Forwarded-For $remote_addr;
                        proxy_set_header X-Request-ID $request_id;
                        proxy_set_header Lectern-Target $request_uri;
                    }
                    location / {
                        auth_request /.lectern/authorize;
                        auth_request_set $lectern_socket $upstream_http_lectern_socket;
                        auth_request_set $lectern_scheme $upstream_http_lectern_scheme;
                        auth_request_set $lectern_target $upstream_http_lectern_target;
                        auth_request_set $lectern_host $upstream_http_lectern_host;
                        auth_request_set $lectern_origin $upstream_http_lectern_origin;
                        auth_request_set $lectern_cookie $upstream_http_lectern_cookie;
                        auth_request_set $lectern_policy $upstream_http_lectern_policy;
                        auth_request_set $lectern_allowed $upstream_http_lectern_allowed_origin;
                        error_page 401 403 500 502 504 = @agent;

                        proxy_pass \(quoted("$lectern_scheme://" + sockets + "$lectern_socket.sock:$lectern_target"));
                        proxy_set_header Host $lectern_host;
                        proxy_set_header Origin $lectern_origin;
                        proxy_set_header Cookie $lectern_cookie;
                        proxy_set_header X-Forwarded-For $remote_addr;
                        proxy_set_header X-Forwarded-Host $http_host;
                        proxy_set_header X-Forwarded-Proto $scheme;
                        proxy_set_header X-Request-ID $request_id;
                        proxy_set_header Upgrade $http_upgrade;
                        proxy_set_header Connection $lectern_server_connection;
                        proxy_buffering off;
                        proxy_request_buffering off;
                        proxy_read_timeout \(serverTimeout)s;
                        proxy_send_timeout \(serverTimeout)s;
                        # A server of a learner's tells nginx nothing.
                        proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset;
                        proxy_hide_header X-Frame-Options;
                        proxy_hide_header Content-Security-Policy;
                        proxy_cookie_domain ~. $host;
                        proxy_redirect "~^https?://(?:localhost|127\\.0\\.0\\.1|\\[::1\\])(?::[0-9]+)?(/.*)$" $1;
                        proxy_redirect "~^https?://(?:localhost|127\\.0\\.0\\.1|\\[::1\\])(?::[0-9]+)?$" /;
                        add_header Content-Security-Policy $lectern_policy always;
                        add_header Access-Control-Allow-Origin $lectern_server_allowed always;
                    }
                    location ^~ /.lectern/ {
                        error_page 404 = @agent;
                        return 404;
                    }
                    location @agent {
                        proxy_pass \(quoted("http://" + sockets + "agent.sock:"));
                        # To whatever was asked, the agent has a page.
                        proxy_method GET;
                        proxy_pass_request_body off;
                        proxy_set_header Content-Length "";
                        proxy_set_header Connection "";
                        proxy_set_header Host $host;
                        proxy_set_header X-Forwarded-For $remote_addr;
                        proxy_set_header X-Forwarded-Proto $scheme;
                        proxy_set_header X-Request-ID $request_id;
                        proxy_set_header Lectern-Method $request_method;
                        proxy_set_header Lectern-Target "";
                        error_page 502 = @portal;
                    }
                    location @portal {
                        proxy_pass http://$lectern_portal;
                        proxy_method GET;
                        proxy_pass_request_body off;
                        proxy_set_header Content-Length "";
                        proxy_set_header Connection "";
                        proxy_set_header Host $http_host;
                        proxy_set_header X-Forwarded-For $remote_addr;
                        proxy_set_header X-Forwarded-Proto $scheme;
                        proxy_set_header X-Request-ID $request_id;
                    }
                }
            """
    }
}
