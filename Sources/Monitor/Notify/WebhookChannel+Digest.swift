package import Alerting

extension WebhookChannel {
    /// Delivers several events as one message; a format for programs gets them one by one.
    package func deliver(_ digest: Digest) async -> DeliveryResult {
        guard case .data(let format) = format, format.takesDigests else {
            for notice in digest.notices {
                let result = await deliver(notice)
                guard case .delivered = result else { return result }
            }
            return .delivered
        }
        return await deliver(Message(digest), format)
    }
}

extension Message {
    /// The message of a digest; of one notice all that is known of it.
    init(_ digest: Digest) {
        let notices = digest.notices
        if notices.count == 1 {
            self.init(notices[0])
            id = digest.id
            return
        }
        let holding = notices.filter { $0.phase != .resolved }
        let counts = MessageFormat.statuses.compactMap { status -> String? in
            let count = notices.count { $0.status == status }
            return count > 0 ? "\(count) \(status)" : nil
        }
        let rest = notices.count - Digest.mostLines
        self.init(
            digest: digest.id,
            title: "\(notices.count) notifications: \(counts.joined(separator: ", "))",
            lines: notices.prefix(Digest.mostLines).map { "\($0.status): \($0.summary)" }
                + (rest > 0 ? ["and \(rest) more"] : []),
            severity: holding.map(\.severity).max() ?? .info,
            isResolved: holding.isEmpty,
            at: digest.deliveries.last?.createdAt ?? Instant(seconds: 0),
            instance: digest.deliveries.last.map { EventFields($0).instance } ?? ""
        )
    }
}

extension Delivery {
    /// The severity, or `resolved`.
    fileprivate var status: String { phase == .resolved ? "resolved" : severity.rawValue }
}
