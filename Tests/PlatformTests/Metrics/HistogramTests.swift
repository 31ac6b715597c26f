import Platform
import PortalTesting
import Testing

@Suite("Histograms")
struct HistogramTests {
    @Test(
        "A value is counted in the first bucket whose bound is not below it",
        arguments: [(0, 0), (1, 0), (10, 0), (11, 1), (20, 1), (21, 2), (30, 2), (31, 3), (1_000_000, 3), (-5, 0)])
    func buckets(value: Int, bucket: Int) {
        let histogram = Histogram(.amount, [10, 20, 30])
        histogram.record(value)
        var expected = [0, 0, 0, 0]
        expected[bucket] = 1
        #expect(histogram.snapshot.counts == expected)
        #expect(histogram.snapshot.sum == Double(max(0, value)))
        #expect(histogram.snapshot.count == 1)
    }

    @Test("Durations are recorded in nanoseconds and shown in seconds")
    func seconds() {
        let histogram = Histogram(.seconds, [0.001, 1])
        for nanoseconds in [1_000_000, 1_000_001, 2_500_000_000] { histogram.record(nanoseconds) }
        #expect(histogram.snapshot.counts == [1, 1, 1])
        #expect(abs(histogram.snapshot.sum - 2.502_000_001) < 1e-9)
    }

    @Test("Any values end up in buckets that agree with sorting them")
    func random() {
        var generator = SeededGenerator(seed: 7)
        let bounds = [1.0, 3, 10, 31, 100, 310, 1000]
        let histogram = Histogram(.amount, bounds)
        let values = (0..<5000).map { _ in Int.random(in: 0...2000, using: &generator) }
        for value in values { histogram.record(value) }
        var below = 0
        for (bound, count) in zip(bounds, histogram.snapshot.counts) {
            below += count
            #expect(below == values.filter { Double($0) <= bound }.count)
        }
        #expect(histogram.snapshot.count == values.count)
        #expect(histogram.snapshot.sum == Double(values.reduce(0, +)))
    }

    @Test("Nothing is lost when many threads record at once")
    func threads() async {
        let histogram = Histogram.ofShortDurations()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask { for step in 0..<10_000 { histogram.record(number * 100_000 + step) } }
            }
        }
        let expected = (0..<8).reduce(0) { $0 + $1 * 100_000 * 10_000 } + 8 * (9_999 * 10_000 / 2)
        #expect(histogram.snapshot.count == 80_000)
        #expect(abs(histogram.snapshot.sum * 1e9 - Double(expected)) < 1000)
    }

    @Test("A stopwatch does not run backwards")
    func stopwatch() {
        let watch = Stopwatch()
        var last = 0
        for _ in 0..<1000 {
            let now = watch.nanoseconds
            #expect(now >= last)
            last = now
        }
    }
}

@Suite("Metrics as text")
struct MetricsTextTests {
    private func text(_ write: (inout MetricsText) -> Void) -> String {
        var text = MetricsText()
        write(&text)
        return String(decoding: text.bytes, as: UTF8.self)
    }

    @Test("A family has its help, its type and its samples")
    func family() {
        let found = text { text in
            text.counter("a_total", "What was counted.") {
                $0.add(3, [("way", "x"), ("day", "y")])
                $0.add(0.25)
            }
        }
        #expect(
            found == """
                # HELP a_total What was counted.
                # TYPE a_total counter
                a_total{way="x",day="y"} 3
                a_total 0.25

                """)
    }

    @Test("A histogram's buckets are counted up to the last, which holds everything")
    func histogram() {
        let histogram = Histogram(.seconds, [0.5, 2])
        for nanoseconds in [100_000_000, 1_000_000_000, 1_500_000_000, 9_000_000_000] { histogram.record(nanoseconds) }
        let found = text { $0.histogram("a_seconds", "How long.", histogram.snapshot) }
        #expect(
            found == """
                # HELP a_seconds How long.
                # TYPE a_seconds histogram
                a_seconds_bucket{le="0.5"} 1
                a_seconds_bucket{le="2"} 3
                a_seconds_bucket{le="+Inf"} 4
                a_seconds_sum 11.6
                a_seconds_count 4

                """)
    }

    @Test("Labels and help may hold anything")
    func escaping() {
        let found = text { text in
            text.gauge("a", "One\nline, a \\ and a \"quote\".") { $0.add(1, [("x", "a\"b\\c\nd ü")]) }
        }
        #expect(found.contains("# HELP a One\\nline, a \\\\ and a \"quote\".\n"))
        #expect(found.contains("a{x=\"a\\\"b\\\\c\\nd ü\"} 1\n"))
    }

    @Test("What never happened is not written, but for a histogram without labels")
    func empty() {
        let nothing = Histogram(.amount, [1]).snapshot
        #expect(text { $0.gauge("a", "Help.") { _ in } } == "")
        #expect(text { text in text.histogram("a", "Help.") { $0.add(nothing, [("x", "y")]) } } == "")
        #expect(text { $0.histogram("a", "Help.", nothing) }.contains("a_bucket{le=\"+Inf\"} 0"))
    }

    @Test(
        "Numbers are written as the format has them",
        arguments: [
            (0.0, "0"), (-3, "-3"), (1e14, "100000000000000"), (0.1, "0.1"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
            (.nan, "NaN"), (5e-05, "5e-05"),
        ])
    func numbers(value: Double, written: String) {
        #expect(text { $0.gauge("a", "Help.", value) }.hasSuffix("\na \(written)\n"))
    }
}

@Suite("What the process uses")
struct ProcessFiguresTests {
    @Test("It is read from the system, and plausible")
    func plausible() throws {
        let figures = ProcessFigures.current()
        #expect(try #require(figures.residentBytes) > 1 << 20)
        #expect(try #require(figures.virtualBytes) >= #require(figures.residentBytes))
        #expect(try #require(figures.processorSeconds) >= 0)
        #expect(try #require(figures.threads) >= 1)
        #expect(try #require(figures.openDescriptors) >= 3)
        #expect(try #require(figures.maximumDescriptors) >= 3)
        let now = Double(WallClock.system.now().milliseconds) / 1000
        let start = try #require(figures.startSeconds)
        #expect(start > now - 86_400 && start < now + 60)
    }
}

@Suite("Log lines of a request")
struct RequestLogTests {
    @Test("Each line ends with the request's id, in text and in JSON, and other lines have none")
    func requestID() {
        for format in Log.Format.allCases {
            let recorded = RecordedLog()
            let log = recorded.log(format)
            log.of(request: "abc").about("web").error("it failed", ("path", "/x"))
            log.error("it failed")
            let lines = recorded.lines
            #expect(
                lines[0].hasSuffix(format == .text ? " path=/x request=abc" : ",\"path\":\"/x\",\"request\":\"abc\"}"))
            #expect(!lines[1].contains("request"))
        }
    }
}
