/// Notifications for one channel that form one message, and one attempt to deliver it.
package struct Digest: Hashable, Sendable {
    /// All deliveries that the attempt settles, oldest first; one or more.
    package let deliveries: [Delivery]

    /// The most lines; the rest is counted.
    package static let mostLines = 20

    package init(_ deliveries: [Delivery]) {
        self.deliveries = deliveries
    }

    /// The notifications to show, most urgent first: the newest of each alert, and every change.
    ///
    /// Resolved alerts are last.
    package var notices: [Delivery] {
        var newest: [EventID: Int64] = [:]
        for delivery in deliveries {
            if let alert = delivery.alertID { newest[alert] = delivery.id }
        }
        return deliveries.filter { delivery in
            delivery.alertID.map { newest[$0] == delivery.id } ?? true
        }
        .sorted { left, right in
            (Self.rank(left), left.id) < (Self.rank(right), right.id)
        }
    }

    /// `12 notifications: 2 critical, 9 warning, 1 resolved`.
    package var title: String {
        let notices = notices
        let counts = ["critical", "warning", "info", "resolved"].compactMap { word in
            let count = notices.count { $0.word == word }
            return count > 0 ? "\(count) \(word)" : nil
        }
        return "\(notices.count) notifications: \(counts.joined(separator: ", "))"
    }

    /// The first notices, one line each, and a line with the number of further ones.
    ///
    /// Each line has the summary as the reader may see it.
    package func lines(_ summary: (Delivery) -> String = \.summary) -> [String] {
        let notices = notices
        let lines = notices.prefix(Self.mostLines).map { "\($0.word): \(summary($0))" }
        let more = notices.count - lines.count
        return more > 0 ? lines + ["and \(more) more"] : lines
    }

    private static func rank(_ delivery: Delivery) -> Int {
        delivery.phase == .resolved ? 3 : 2 - delivery.severity.rank
    }

    /// The message's name for its receiver: the same for the same notifications, at every attempt.
    package var id: String {
        let ids = deliveries.map(\.eventID.description)
        guard let last = ids.last, ids.count > 1 else { return ids.first ?? "" }
        // In hexadecimal: 16 digits.
        return "\(last)-\(String(StableHash.of(ids), radix: 16))"
    }
}

extension Delivery {
    /// The severity, or `resolved`: the first word of a notification.
    package var word: String { phase == .resolved ? "resolved" : severity.rawValue }
}
