package import Alerting
import Formats
import HTTP
import Store

extension WebhookChannel {
    /// Delivers several events as one message; a format for programs gets them one by one.
    package func deliver(_ digest: Digest) async -> DeliveryResult {
        guard case .data(let format) = format, format.takesDigests else {
            for notice in digest.notices {
                let result = await deliver(notice)
                guard result.error == nil else { return result }
            }
            return .delivered
        }
        return await deliver(Message(digest), format)
    }
}

extension Message {
    /// The message of a digest; a single notification has all its facts.
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
            severity: holding.map(\.severity).max() ?? .info,
            isResolved: holding.isEmpty,
            at: digest.deliveries.last?.createdAt ?? Instant(seconds: 0),
            instance: digest.deliveries.last.map { EventFields($0).instance } ?? ""
        )
    }

    /// A line as plain text.
    static func plain(_ line: [Piece]) -> String {
        line.map { piece in
            switch piece {
            case .text(let text), .link(let text): text
            }
        }
        .joined()
    }
}
