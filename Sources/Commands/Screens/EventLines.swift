import Alerting
import Monitor

/// The lines of events: time, age, severity and text.
struct EventLines {
    let canvas: Canvas

    /// The width at which an event fits on one line.
    private static let wide = 140
    /// The usual width of a kind: `critical  permissions_changed changed`.
    private static let kindWidth = 27

    func lines(_ events: [EventReport]) -> [String] {
        events.flatMap(lines)
    }

    func lines(_ event: EventReport) -> [String] {
        let distance = "(\(event.at.briefDistance(from: canvas.now)))"
        let severity = DisplayWidth.padded(event.severity.rawValue, to: 8)
        // For a change, the phase adds nothing to its name.
        let kind = event.phase == "changed" ? event.type : "\(event.type) \(event.phase)"
        let head =
            "\(event.at.forPeople) \(DisplayWidth.padded(distance, to: 12))  "
            + canvas.paint.state(event.phase == "resolved" ? .ok : event.severity.health, severity)
            + "  "
        guard let width = canvas.width, width < Self.wide else {
            return [head + DisplayWidth.padded(kind, to: Self.kindWidth) + "  " + event.summary]
        }
        return [head + kind]
            + TextWrap.lines(event.summary, width: max(20, width - 4)).map { "    \($0)" }
    }
}
