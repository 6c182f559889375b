import Synchronization
import Testing

@testable import Alerting
@testable import Formats
@testable import Monitor

/// A transport whose posts can be waited for; each is answered when the closure returns.
private struct StreamedTransport: HTTPTransport {
    struct Post: Sendable {
        let url: String
        /// The names of the alerts that hold, and of those that ended.
        let holding: [String]
        let ended: [String]
    }

    let posts: AsyncStream<Post>
    private let continuation: AsyncStream<Post>.Continuation
    private let answer: @Sendable (String) async -> HTTPPostResult

    init(answer: @escaping @Sendable (String) async -> HTTPPostResult) {
        (posts, continuation) = AsyncStream.makeStream()
        self.answer = answer
    }

    func send(
        _ method: String,
        url: String,
        headers: [(name: String, value: String)],
        body: [UInt8]?,
        timeout: Duration
    ) async -> HTTPPostResult {
        let alerts = (try? JSONValue(parsing: body ?? []))?.elements ?? []
        func names(_ isWanted: (Instant) -> Bool) -> [String] {
            alerts.filter {
                $0["endsAt"]?.string.flatMap { Instant(text: $0) }.map(isWanted) == true
            }
            .compactMap { $0["labels"]?["alertname"]?.string }
        }
        continuation.yield(
            Post(
                url: url,
                holding: names { $0 > notifyStart },
                ended: names { $0 <= notifyStart }
            )
        )
        return await answer(url)
    }
}

@Suite(.timeLimit(.minutes(1)))
final class KeepersTests: Sendable {
    private let open = Mutex<[OpenAlert]>([])
    private let lines = Mutex<[String]>([])

    private func alert(_ condition: Condition) -> OpenAlert {
        OpenAlert(
            condition: condition,
            severity: .critical,
            subject: .daemon,
            since: notifyStart,
            summary: "it holds",
            alertID: EventID(high: 1, low: 1)
        )
    }

    private func setup(
        _ name: String,
        to transport: StreamedTransport,
        format: WebhookFormat = .alertmanager,
        revision: UInt64 = 1
    ) throws -> ChannelSetup {
        ChannelSetup(
            channel: WebhookChannel(
                name: name,
                target: try WebhookTarget(url: Secret(validating: "https://\(name)/x".utf8)),
                format: format,
                version: "1",
                transport: transport,
                clock: { notifyStart }
            ),
            revision: revision
        )
    }

    private func withKeepers(
        _ answer: @escaping @Sendable (String) async -> HTTPPostResult,
        _ body: (Keepers, StreamedTransport) async throws -> Void
    ) async throws {
        let transport = StreamedTransport(answer: answer)
        let keepers = Keepers(
            clock: { notifyStart },
            openAlerts: { _ in self.open.withLock { $0 } },
            report: { line, isProblem in
                self.lines.withLock { $0.append((isProblem ? "! " : "") + line) }
            }
        )
        try await withThrowingTaskGroup { group in
            group.addTask { await keepers.run() }
            try await body(keepers, transport)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test func `what holds is sent at once and at each reload, and ended when it is over`()
        async throws
    {
        open.withLock { $0 = [alert(.storeFailing), alert(.clockWrong)] }
        let taken = HTTPPostResult.answer(status: 200, retryAfter: nil)
        try await withKeepers { _ in
            taken
        } _: { keepers, transport in
            var posts = transport.posts.makeAsyncIterator()
            let both = [
                try setup("am", to: transport), try setup("ops", to: transport, format: .json),
            ]
            await keepers.use(both, instance: "vps-1")
            var post = try #require(await posts.next())
            #expect(post.url == "https://am/x")
            #expect(post.holding.sorted() == ["TokenClockWrong", "TokenStoreFailing"])
            #expect(post.ended.isEmpty)

            // The same channel remembers what it was sent.
            open.withLock { $0 = [alert(.clockWrong)] }
            await keepers.use(both, instance: "vps-1")
            // Its end may be told by the second look of the round before.
            let two = [try #require(await posts.next()), try #require(await posts.next())]
            #expect(two.flatMap(\.holding) == ["TokenClockWrong"])
            #expect(two.flatMap(\.ended) == ["TokenStoreFailing"])

            // One that is gone hears nothing more, another one does.
            await keepers.use([], instance: "vps-1")
            await keepers.use([try setup("other", to: transport)], instance: "vps-1")
            post = try #require(await posts.next())
            #expect(post.url == "https://other/x" && post.holding == ["TokenClockWrong"])
        }
        #expect(lines.withLock { $0.isEmpty })
    }

    @Test(arguments: [(UInt64(2), "vps-1"), (1, "vps-2")])
    func `a channel that has changed begins anew`(revision: UInt64, instance: String) async throws {
        open.withLock { $0 = [alert(.storeFailing)] }
        let taken = HTTPPostResult.answer(status: 200, retryAfter: nil)
        try await withKeepers { _ in
            taken
        } _: { keepers, transport in
            var posts = transport.posts.makeAsyncIterator()
            await keepers.use([try setup("am", to: transport)], instance: "vps-1")
            #expect(await posts.next()?.holding == ["TokenStoreFailing"])
            open.withLock { $0 = [alert(.clockWrong)] }
            let changed = try setup("am", to: transport, revision: revision)
            await keepers.use([changed], instance: instance)
            var post = try #require(await posts.next())
            // The second look of the round before may end what that one sent.
            if post.holding.isEmpty { post = try #require(await posts.next()) }
            #expect(post.holding == ["TokenClockWrong"])
            // It is not known to it that there was another one.
            open.withLock { $0 = [] }
            await keepers.use([changed], instance: instance)
            #expect(await posts.next()?.ended == ["TokenClockWrong"])
        }
    }

    @Test func `a post that a reload cuts off is no failure, and is made again`() async throws {
        open.withLock { $0 = [alert(.storeFailing)] }
        let first = Atomic(true)
        try await withKeepers { _ in
            if first.exchange(false, ordering: .relaxed) {
                // Ends by its cancellation alone.
                try? await Task.sleep(for: .seconds(3600))
                return .failure(message: "cancelled")
            }
            return .answer(status: 200, retryAfter: nil)
        } _: { keepers, transport in
            var posts = transport.posts.makeAsyncIterator()
            let channels = [try setup("am", to: transport)]
            await keepers.use(channels, instance: "vps-1")
            #expect(await posts.next()?.holding == ["TokenStoreFailing"])
            await keepers.use(channels, instance: "vps-1")
            #expect(await posts.next()?.holding == ["TokenStoreFailing"])
            // What may have arrived before the cut is ended like everything else.
            open.withLock { $0 = [] }
            await keepers.use(channels, instance: "vps-1")
            #expect(await posts.next()?.ended == ["TokenStoreFailing"])
        }
        #expect(lines.withLock { $0.isEmpty })
    }

    @Test func `quiet hours hold back what begins in them, and what is critical passes`()
        async throws
    {
        let quiet = try #require(QuietHours(begin: 0, end: 1440, days: Self.quietDays))
        let transport = StreamedTransport { _ in .answer(status: 200, retryAfter: nil) }
        let setup = try setup("am", to: transport)
        func kept(_ alert: OpenAlert) async throws -> [String] {
            let keeper = AlertmanagerKeeper(
                channel: try #require(setup.channel as? WebhookChannel),
                instance: "vps-1",
                clock: { notifyStart },
                quiet: quiet,
                openAlerts: { [alert] }
            )
            await keeper.keep()
            // A round without alerts posts nothing: the second one has something.
            let marker = AlertmanagerKeeper(
                channel: try #require(setup.channel as? WebhookChannel),
                instance: "vps-1",
                clock: { notifyStart },
                openAlerts: { [self.alert(.storeFailing)] }
            )
            await marker.keep()
            var posts = transport.posts.makeAsyncIterator()
            let first = try #require(await posts.next())
            if first.holding != ["TokenStoreFailing"] { _ = await posts.next() }
            return first.holding
        }
        var alert = alert(.expiring)
        alert.severity = .warning
        alert.since = notifyStart
        #expect(try await kept(alert) == ["TokenStoreFailing"])
        alert.severity = .critical
        #expect(try await kept(alert) == ["TokenExpiring"])
        alert.severity = .warning
        alert.since = notifyStart - .days(9)
        #expect(try await kept(alert) == ["TokenExpiring"])
    }

    /// The Friday of the tests, and its neighbours in any time zone.
    private static let quietDays: Set<QuietHours.Day> = [.thursday, .friday, .saturday]

    @Test func `rounds that fail are told once, and once more when they work again`() async throws {
        let round = Atomic(0)
        let transport = StreamedTransport { _ in
            let isWell = round.load(ordering: .relaxed) >= 2
            return .answer(status: isWell ? 200 : 503, retryAfter: nil)
        }
        let setup = try setup("am", to: transport)
        let alert = alert(.storeFailing)
        let keeper = AlertmanagerKeeper(
            channel: try #require(setup.channel as? WebhookChannel),
            instance: "vps-1",
            clock: { notifyStart },
            sleep: { _ in
                let number = round.add(1, ordering: .relaxed).newValue
                if number == 4 { throw CancellationError() }
            },
            openAlerts: { [alert] }
        )
        await keeper.run { line, isProblem in
            lines.withLock { $0.append((isProblem ? "! " : "") + line) }
        }
        #expect(
            lines.withLock { $0 } == [
                "! channels.am: cannot refresh active alerts: am answered 503",
                "channels.am: refreshing active alerts works again",
            ]
        )
    }
}
