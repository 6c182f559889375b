import Alerting

/// The time line with tokens by their time left: a day is as long as a season.
///
/// Places are thousandths of its width, for SVG's percentages: a style for each place would need a
/// browser that accepts styles outside the style sheet.
enum TimeAxis {
    /// A mark on the line with its place.
    struct Tick {
        let left: Duration
        let label: StaticString
        let place: Int
    }

    /// The marks: the nearest times have most room; `page.css` has the same places for its grid.
    static let ticks = [
        Tick(left: .zero, label: "now", place: 100), Tick(left: .days(1), label: "1 d", place: 240),
        Tick(left: .days(7), label: "7 d", place: 420),
        Tick(left: .days(30), label: "30 d", place: 600),
        Tick(left: .days(90), label: "90 d", place: 760),
        Tick(left: .days(365), label: "1 y", place: 900),
    ]

    /// The places of expired tokens, and of tokens with more than a year left.
    static let (expired, later) = (50, 950)

    /// Returns the place of a time left.
    static func place(_ left: Duration) -> Int {
        guard left > .zero else { return expired }
        for (start, end) in zip(ticks, ticks.dropFirst()) where left <= end.left {
            let part = (left - start.left).milliseconds * Int64(end.place - start.place)
            return start.place + Int(part / (end.left - start.left).milliseconds)
        }
        return later
    }

    /// Returns the number of the span for a time left; 0 is expired, 6 later than the last mark.
    static func span(_ left: Duration) -> Int {
        left <= .zero ? 0 : ticks.dropFirst().firstIndex { left <= $0.left } ?? ticks.count
    }

    /// The spans from edge to edge.
    static let spans: [Range<Int>] = {
        let edges = [0] + ticks.map(\.place) + [1000]
        return zip(edges, edges.dropFirst()).map { $0..<$1 }
    }()

    /// Returns a place in the form of SVG: `42.5%`.
    static func percent(_ place: Int) -> String { "\(place / 10).\(place % 10)%" }
}
