internal import Glibc
internal import Platform

/// The `/etc` of a sandbox: what programs need to run, and nothing that tells of this machine's people and settings.
enum SystemFiles {
    /// Copied as they are where the machine has them.
    private static let copied = [
        "bash_completion", "debian_version", "gai.conf", "inputrc", "ld.so.cache", "magic", "magic.mime", "mime.types",
        "nanorc", "protocols", "services", "timezone", "wgetrc", "ssl/openssl.cnf",
    ]
    private static let copiedFolders = ["alternatives", "perl", "python3", "ssl/certs", "terminfo", "vim"]

    static func write(into folder: String, host: String, from system: String = "/etc") throws {
        func write(_ name: String, _ text: String) throws {
            try replaceFile("\(folder)/\(name)", with: Array(text.utf8), mode: 0o644)
        }
        try write(
            "passwd",
            """
            root:x:0:0:root:/root:/usr/sbin/nologin
            learner:x:1000:1000:Learner:/home/learner:/bin/bash
            nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin

            """)
        try write("group", "root:x:0:\ntty:x:5:\nlearner:x:1000:\nnogroup:x:65534:\n")
        try write("hostname", host + "\n")
        try write("hosts", "127.0.0.1 localhost \(host)\n::1 localhost ip6-localhost ip6-loopback\n")
        try write(
            "nsswitch.conf",
            "passwd: files\ngroup: files\nshadow: files\nhosts: files\nservices: files\nprotocols: files\n")
        try write("shells", "/bin/sh\n/bin/bash\n")
        try write("profile", profile)
        try write("bash.bashrc", bashrc)
        try link("\(folder)/mtab", to: "../proc/self/mounts")
        try link("\(folder)/os-release", to: "../usr/lib/os-release")
        try link("\(folder)/localtime", to: timeZone(system))

        try makeFolders(folder + "/ssl")
        for name in copied {
            guard let file = try? Descriptor.opened("\(system)/\(name)", O_RDONLY) else { continue }
            try replaceFile("\(folder)/\(name)", with: try bytesOfFile(file), mode: 0o644)
        }
        for name in copiedFolders {
            guard let from = try? Descriptor.opened("\(system)/\(name)", O_RDONLY | O_DIRECTORY) else { continue }
            try makeFolders("\(folder)/\(name)")
            let to = try Descriptor.opened("\(folder)/\(name)", O_RDONLY | O_DIRECTORY)
            try FileTree.copyContents(of: from, into: to, FileTree.CopyRules())
        }
    }

    private static func link(_ path: String, to target: String) throws {
        guard symlink(target, path) == 0 || errno == EEXIST else { throw SystemCallError("link \(path)") }
    }

    private static func timeZone(_ system: String) -> String {
        guard let resolved = realpath(system + "/localtime", nil) else { return "/usr/share/zoneinfo/UTC" }
        defer { free(resolved) }
        let path = String(cString: resolved)
        return path.hasPrefix("/usr/share/zoneinfo/") ? path : "/usr/share/zoneinfo/UTC"
    }

    /// Keeps what setup scripts did to `PATH`; the workshop's own `profile` comes last (spec/dashboard.md section 5.2).
    private static let profile = """
        : "${PATH:=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games}"
        export PATH
        if [ -n "$BASH_VERSION" ] && [ -n "$PS1" ] && [ -r /etc/bash.bashrc ]; then
            . /etc/bash.bashrc
        fi
        for lectern_profile in /opt/packages/*/profile /opt/workshop/profile "$HOME/workshop/profile"; do
            if [ -r "$lectern_profile" ]; then
                . "$lectern_profile"
            fi
        done
        unset lectern_profile

        """

    private static let bashrc = #"""
        [ -z "$PS1" ] && return
        shopt -s checkwinsize
        PS1='\[\e[1;32m\]\u@\h\[\e[0m\]:\[\e[1;34m\]\w\[\e[0m\]\$ '
        alias ls='ls --color=auto'
        alias grep='grep --color=auto'
        if [ -r /usr/share/bash-completion/bash_completion ]; then
            . /usr/share/bash-completion/bash_completion
        fi

        """#
}
