/// Writes metrics in Prometheus's text format, version 0.0.4.
///
/// A family (`counter`, `gauge`, `histogram`) is begun once, with all its samples: the format wants them together.
public struct MetricsText: Sendable {
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// A name and a value; the value may hold anything.
    public typealias Label = (name: String, value: String)

    /// The samples of one family.
    public struct Samples {
        fileprivate let name: String
        fileprivate var bytes: [UInt8] = []

        public mutating func add(_ value: Double, _ labels: [Label] = []) {
            line(suffix: "", labels, MetricsText.number(value))
        }

        public mutating func add(_ value: Int, _ labels: [Label] = []) { line(suffix: "", labels, String(value)) }

        /// All lines of one histogram. Nothing is written for one in which nothing was recorded and that has labels:
        /// there is no end to series that might be.
        public mutating func add(_ histogram: Histogram.Snapshot, _ labels: [Label] = []) {
            guard histogram.count > 0 || labels.isEmpty else { return }
            var total = 0
            for (bound, count) in zip(histogram.bounds, histogram.counts) {
                total += count
                line(suffix: "_bucket", labels + [("le", MetricsText.number(bound))], String(total))
            }
            let count = histogram.count
            line(suffix: "_bucket", labels + [("le", "+Inf")], String(count))
            line(suffix: "_sum", labels, MetricsText.number(histogram.sum))
            line(suffix: "_count", labels, String(count))
        }

        private mutating func line(suffix: String, _ labels: [Label], _ value: String) {
            bytes += name.utf8
            bytes += suffix.utf8
            if !labels.isEmpty {
                bytes.append(UInt8(ascii: "{"))
                for (index, label) in labels.enumerated() {
                    if index > 0 { bytes.append(UInt8(ascii: ",")) }
                    bytes += label.name.utf8
                    bytes += "=\"".utf8
                    MetricsText.escape(label.value, quotes: true, into: &bytes)
                    bytes.append(UInt8(ascii: "\""))
                }
                bytes.append(UInt8(ascii: "}"))
            }
            bytes.append(UInt8(ascii: " "))
            bytes += value.utf8
            bytes.append(UInt8(ascii: "\n"))
        }
    }

    public private(set) var bytes: [UInt8] = []

    public init() {}

    public mutating func counter(_ name: String, _ help: String, _ value: Int) {
        family(name, "counter", help) { $0.add(value) }
    }

    public mutating func counter(_ name: String, _ help: String, _ write: (inout Samples) -> Void) {
        family(name, "counter", help, write)
    }

    public mutating func gauge(_ name: String, _ help: String, _ value: Double) {
        family(name, "gauge", help) { $0.add(value) }
    }

    public mutating func gauge(_ name: String, _ help: String, _ value: Int) {
        family(name, "gauge", help) { $0.add(value) }
    }

    public mutating func gauge(_ name: String, _ help: String, _ write: (inout Samples) -> Void) {
        family(name, "gauge", help, write)
    }

    public mutating func histogram(_ name: String, _ help: String, _ value: Histogram.Snapshot) {
        family(name, "histogram", help) { $0.add(value) }
    }

    public mutating func histogram(_ name: String, _ help: String, _ write: (inout Samples) -> Void) {
        family(name, "histogram", help, write)
    }

    /// A family without samples is left out.
    private mutating func family(
        _ name: String, _ type: String, _ help: String, _ write: (inout Samples) -> Void
    ) {
        var samples = Samples(name: name)
        write(&samples)
        guard !samples.bytes.isEmpty else { return }
        bytes += "# HELP \(name) ".utf8
        MetricsText.escape(help, quotes: false, into: &bytes)
        bytes += "\n# TYPE \(name) \(type)\n".utf8
        bytes += samples.bytes
    }

    private static func escape(_ text: String, quotes: Bool, into bytes: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes += "\\\\".utf8
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case UInt8(ascii: "\"") where quotes: bytes += "\\\"".utf8
            default: bytes.append(byte)
            }
        }
    }

    /// Whole numbers without a fraction, others as short as they are exact.
    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), value.magnitude < 1e15 { return String(Int64(value)) }
        return "\(value)"
    }
}
