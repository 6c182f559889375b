import Alerting

/// The line that tokens stand on by the time they have left: a day is as long as a season.
///
/// Places are thousandths of its width, for SVG's percentages: a style for each would need the
/// browser to take styles that are not of the sheet.
enum TimeAxis {
    /// A mark of the line with its place.
    struct Tick {
        let left: Duration
        let label: StaticString
        let place: Int
    }

    /// What is due first has most room; `page.css` has the same places for its grid.
    static let ticks = [
        Tick(left: .zero, label: "now", place: 100), Tick(left: .days(1), label: "1 d", place: 240),
        Tick(left: .days(7), label: "7 d", place: 420),
        Tick(left: .days(30), label: "30 d", place: 600),
        Tick(left: .days(90), label: "90 d", place: 760),
        Tick(left: .days(365), label: "1 y", place: 900),
    ]

    /// Where what has expired stands, and what has more than a year.
    static let (expired, later) = (50, 950)

    /// The place of a time that is left.
    static func place(_ left: Duration) -> Int {
        guard left > .zero else { return expired }
        for (start, end) in zip(ticks, ticks.dropFirst()) where left <= end.left {
            let part = (left - start.left).milliseconds * Int64(end.place - start.place)
            return start.place + Int(part / (end.left - start.left).milliseconds)
        }
        return later
    }

    /// Which of the seven spans between ticks a time is in; 0 is expired, 6 later than the last.
    static func span(_ left: Duration) -> Int {
        left <= .zero ? 0 : ticks.dropFirst().firstIndex { left <= $0.left } ?? ticks.count
    }

    /// The spans from edge to edge.
    static let spans: [Range<Int>] = {
        let edges = [0] + ticks.map(\.place) + [1000]
        return zip(edges, edges.dropFirst()).map { $0..<$1 }
    }()

    /// A place as SVG has it: `42.5%`.
    static func percent(_ place: Int) -> String { "\(place / 10).\(place % 10)%" }
}
