import Alerting
import Foundation
import Testing

/// States that earlier versions left, moved to any time.
enum KeptState {
    /// The SQL of a state as it was recorded.
    static func text(version: Int) throws -> String {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../Fixtures/state/\(version).sql")
        return try String(contentsOf: file, encoding: .utf8)
    }

    /// The SQL of a state as if it had been recorded within the second before `end`.
    ///
    /// All its dates keep their distances, so that an acknowledgement lasts as long from then on.
    static func text(version: Int, until end: Instant) throws -> String {
        let text = try text(version: version)
        let shift = .seconds(end.seconds - (try recorded(text)).seconds - 1) as Duration
        // A word's boundary is none between digits and a comma.
        return text.replacing(#/([^\d])(1\d{12})(?!\d)/#) { match in
            let (_, before, number) = match.output
            let moved = Int64(number).map { (Instant(milliseconds: $0) + shift).milliseconds }
            return "\(before)\(moved ?? 0)"
        }
        .replacing(#/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/#) { match in
            Instant(text: match.output).map { ($0 + shift).rfc3339 } ?? ""
        }
    }

    /// When the last event of a state happened.
    static func recorded(_ text: String) throws -> Instant {
        let events = text.matches(of: #/INSERT INTO events VALUES\('\w{26}',(\d+),/#)
        let last = try #require(events.compactMap { Int64($0.output.1) }.max())
        return Instant(milliseconds: last)
    }
}
