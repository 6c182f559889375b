import Alerting
import HTTP
package import Store

/// The store as an outbox for the courier.
extension Store: Outbox {
    package func waitingChannels() throws -> [String] {
        try deliveryCounts().filter { $0.waiting > 0 }.map(\.channel)
    }
}

extension Courier {
    /// Commits a batch by `commit`, and keeps the order of each subject.
    ///
    /// Critical deliveries go before others, and a newer reminder replaces a pending one.
    nonisolated func commit<Failure: Error>(
        _ events: [Event],
        _ commit: () async throws(Failure) -> Void
    ) async throws(Failure) {
        if events.contains(where: { $0.severity == .critical || $0.phase == .reminded }) {
            try await reordering(commit)
        } else {
            try await commit()
        }
    }
}

extension Watch {
    /// Every active alert that a channel was notified of, with its current text.
    ///
    /// With many tokens it takes many turns of the queue.
    nonisolated func openAlerts(toldTo channel: String) async -> [OpenAlert] {
        var alerts = await read { $0.openAlertsOfSubjects(toldTo: channel, at: $1) }
        var last: TokenID?
        repeat {
            let page = await read { [last] in
                $0.openAlertsOfTokens(toldTo: channel, after: last, at: $1)
            }
            alerts += page.alerts
            last = page.last
        } while last != nil
        return alerts
    }
}

extension ListedDelivery {
    /// Takes the next attempt from memory.
    ///
    /// The row has only the time when the delivery itself is due. Its channel, or an older
    /// delivery of its subject, may have to wait longer.
    mutating func update(_ outlook: DeliveryOutlook) {
        nextAttemptAt = outlook.nextAttempt(row: row, channel: channel)
    }
}

/// The HTTP client as a transport for webhooks and heartbeats.
struct WebhookTransport: HTTPTransport {
    let client: HTTPClient

    func send(
        _ method: String,
        url: String,
        headers: [(name: String, value: String)],
        body: [UInt8]?,
        timeout: Duration
    ) async -> HTTPPostResult {
        let call = HTTPCall(
            url: url,
            method: method,
            headers: headers,
            body: body,
            connectTimeout: min(.seconds(10), timeout),
            timeout: timeout
        )
        switch await client.perform(call) {
        case .answer(let answer):
            return .answer(
                status: answer.status,
                retryAfter: answer.headers["Retry-After"],
                body: Array(answer.body.prefix(Self.longestBody))
            )
        case .failure(let failure):
            return .failure(message: failure.message)
        }
    }

    /// A receiver's reason is at the beginning of its answer.
    private static let longestBody = 4096
}

/// A channel with unusable settings: its deliveries wait until they are usable.
struct UnusableChannel: Channel {
    let name: String
    let problem: String

    func deliver(_ delivery: Delivery) async -> DeliveryResult {
        .retry(error: problem)
    }
}

extension StoredRun {
    /// Makes the state that the store read; until `uncertainUntil`, the use of tokens is uncertain.
    init(_ stored: StoredState, uncertainUntil: Instant?) {
        self.init(
            tokens: stored.tokens,
            subjects: stored.subjectAlerts,
            channels: stored.channels,
            mutes: stored.mutes,
            newestInstant: stored.newestInstant,
            dispute: stored.clockDispute
        )
        guard let uncertainUntil else { return }
        tokens = tokens.mapValues { state in
            var state = state
            state.use.uncertainUntil = uncertainUntil
            return state
        }
    }
}

extension Commit {
    /// The commit in the form that the store writes.
    var batch: Batch {
        Batch(
            at: at,
            states: states.map {
                TokenWrite(id: $0.id, from: $0.old, to: $0.new, startsSpan: $0.startsSpan)
            },
            forgotten: forgotten,
            subjectAlerts: subjects.flatMap { change in
                change.ended.map { .ended(change.subject, $0) }
                    + change.holds.map { .holds(change.subject, $0) }
            },
            channels: channels,
            mutes: mutes,
            events: events
        )
    }
}
