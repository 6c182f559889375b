package import Alerting

/// The messages of several events.
extension Message {
    /// Makes the message of several events, as a digest.
    ///
    /// - Parameters:
    ///   - id: the same id at every attempt to send the same events.
    ///   - title: a title such as `12 notifications: 2 critical, 10 warning`.
    ///   - lines: one line for each event, most urgent first, and the number of others; no links.
    ///   - count: the number of all events.
    ///   - severity: the worst severity of the events.
    ///   - isResolved: whether all of them are the ends of alerts.
    ///   - at: the time of the last event.
    ///   - instance: the daemon's name.
    package init(
        digest id: String,
        title: String,
        lines: [String],
        count: Int,
        severity: Severity,
        isResolved: Bool,
        at: Instant,
        instance: String
    ) {
        func shown(_ text: String) -> String {
            text.escapedForTerminal(maximumBytes: 300).withoutLinks
        }
        self.id = id
        self.severity = severity
        phase = isResolved ? .resolved : .raised
        self.title = [.text(shown(title))]
        let sender = Self.sender(instance)
        self.lines = lines.map { [.text(shown($0))] } + sender
        shorterLines = (1..<max(1, min(lines.count, count))).reversed().map { kept in
            lines.prefix(kept).map { [.text(shown($0))] } + [[.text("and \(count - kept) more")]]
                + sender
        }
        details = []
        fields = [
            .summary: shown(title), .instance: Self.cut(instance), .subject: Self.cut(instance),
            .id: id, .alertID: id, .incident: id, .type: "digest", .phase: phase.rawValue,
            .severity: severity.rawValue, .status: isResolved ? "resolved" : severity.rawValue,
            .at: at.rfc3339,
        ]
    }

    /// Makes the message of a digest; a single notification has all its facts.
    init(_ digest: Digest) {
        let notices = digest.notices
        if notices.count == 1 {
            self.init(notices[0])
            id = digest.id
            return
        }
        let holding = notices.filter { $0.phase != .resolved }
        self.init(
            digest: digest.id,
            title: digest.title,
            lines: digest.lines(Self.summary(of:)),
            count: notices.count,
            severity: holding.map(\.severity).max() ?? .info,
            isResolved: holding.isEmpty,
            at: digest.deliveries.last?.createdAt ?? Instant(seconds: 0),
            instance: digest.deliveries.last.map { EventFields($0).instance } ?? ""
        )
    }

    /// Returns a line as plain text.
    static func plain(_ line: [Piece]) -> String {
        line.map { piece in
            switch piece {
            case .text(let text), .link(let text): text
            }
        }
        .joined()
    }
}
