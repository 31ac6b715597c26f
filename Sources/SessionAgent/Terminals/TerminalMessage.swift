/// The protocol between a terminal in the page and the agent: binary WebSocket messages, the first byte tells the kind,
/// numbers are big-endian.
///
/// Output is numbered by byte. A viewer says which bytes it has shown; it is never sent more than a window beyond that,
/// and after a lost connection it goes on where it was.
enum TerminalMessage {
    /// What a viewer sends.
    enum FromViewer: Equatable {
        /// 0: keystrokes, as bytes for the shell.
        case input([UInt8])
        /// 1: columns, rows (16 bits each).
        case resize(TerminalSize)
        /// 2: every byte before this number has been shown (64 bits).
        case shown(UInt64)
        /// 3: anything; comes back at once.
        case ping([UInt8])
        /// 4: a part of something long; the next part may follow after `accepted`.
        case paste([UInt8])

        /// `nil` for a message that is none of these.
        init?(_ bytes: [UInt8]) {
            guard let kind = bytes.first else { return nil }
            switch kind {
            case 0: self = .input(Array(bytes.dropFirst()))
            case 1:
                guard bytes.count == 5 else { return nil }
                let columns = UInt16(bytes[1]) << 8 | UInt16(bytes[2])
                let rows = UInt16(bytes[3]) << 8 | UInt16(bytes[4])
                self = .resize(TerminalSize(columns: columns, rows: rows))
            case 2:
                guard bytes.count == 9 else { return nil }
                self = .shown(bytes.dropFirst().reduce(0) { $0 << 8 | UInt64($1) })
            case 3:
                guard bytes.count <= 65 else { return nil }
                self = .ping(Array(bytes.dropFirst()))
            case 4: self = .paste(Array(bytes.dropFirst()))
            default: return nil
            }
        }
    }

    /// 0: where the following output begins. `stream` changes when numbering begins anew; `isReset` when what the viewer
    /// shows must be wiped first; `isGap` when output in between is lost.
    static func begin(stream: UInt64, position: UInt64, isReset: Bool, isGap: Bool) -> [UInt8] {
        [0] + bytes(stream) + bytes(position) + [(isReset ? 1 : 0) | (isGap ? 2 : 0)]
    }

    /// 1: output; the number of its first byte comes first. The caller adds the bytes.
    static func output(at position: UInt64, capacity: Int) -> [UInt8] {
        var message: [UInt8] = []
        message.reserveCapacity(capacity + 9)
        message.append(1)
        message += bytes(position)
        return message
    }

    /// 2: whether a shell runs.
    static func shell(isRunning: Bool) -> [UInt8] { [2, isRunning ? 1 : 0] }
    /// 3: the answer to `ping`.
    static func pong(_ bytes: [UInt8]) -> [UInt8] { [3] + bytes }
    /// 4: a part of a paste has gone to the shell.
    static let accepted: [UInt8] = [4]
    /// 5: the size that all viewers of the terminal share.
    static func size(_ size: TerminalSize) -> [UInt8] {
        [5, UInt8(size.columns >> 8), UInt8(size.columns & 255), UInt8(size.rows >> 8), UInt8(size.rows & 255)]
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
    }
}

/// Columns and rows of characters, 1 to 1000 each.
struct TerminalSize: Equatable, Sendable {
    let columns: UInt16
    let rows: UInt16

    init(columns: UInt16, rows: UInt16) {
        self.columns = min(1000, max(1, columns))
        self.rows = min(1000, max(1, rows))
    }

    /// What fits into both.
    func smaller(_ other: TerminalSize) -> TerminalSize {
        TerminalSize(columns: min(columns, other.columns), rows: min(rows, other.rows))
    }
}
