import Alerting
import Synchronization
import Testing

@testable import HTTP
@testable import Monitor
@testable import System

/// A change is on the disk when the status socket answers 200.
@Suite(.timeLimit(.minutes(1)))
struct WatchDurabilityTests {
    private let now = Instant(seconds: 1_795_262_400)

    /// A watch of one token that has expired, as its configuration says.
    private func watch() async throws -> Watch {
        let executor = QueueExecutor(label: "durability-test")
        let now = now
        let watch = Watch(
            executor: executor,
            ports: WatchPorts(
                clock: { Now(instant: now, moment: Moment(milliseconds: 0)) },
                client: try HTTPClient(settings: HTTPClientSettings(), executor: executor),
                secrets: SecretReader(environment: [:]),
                digestKey: Array(repeating: 1, count: 32)
            ),
            polling: PollingSettings(),
            ids: EventIDs(seed: 1),
            seed: 1
        )
        _ = await watch.configure(
            try configuration(
                "[tokens.a]\nsecret_file = \"/nowhere\"\nexpires = \"2020-01-31\"\n"
            )
        )
        return watch
    }

    private var acknowledgement: Acknowledgement {
        Acknowledgement(by: "ann", reason: "known", until: now + .days(1))
    }

    /// The deeds that are answered with 200.
    private static let deeds: [(name: String, run: @Sendable (Watch) async throws -> Bool)] = [
        (
            "ack",
            { watch in
                try await watch.acknowledgeDurably(
                    Acknowledgement(
                        by: "ann",
                        reason: "known",
                        until: .init(seconds: 1_800_000_000)
                    )
                )
            }
        ),
        (
            "unack",
            { watch in
                let id = try token("a")
                return try await watch.decide(durablyIf: { $0 }) {
                    $0.unacknowledge(id, .expired, by: "ann", at: $1)
                }
            }
        ),
        (
            "used",
            { watch in
                try await watch.announceDurably(try token("a"), for: .seconds(15)) != nil
            }
        ),
    ]

    @Test(arguments: ["ack", "unack", "used"])
    func `it is answered after the commit that holds it, and not before`(name: String)
        async throws
    {
        let deed = try #require(Self.deeds.first { $0.name == name }).run
        let watch = try await watch()
        if name == "unack" {
            let (id, known) = (try token("a"), acknowledgement)
            let isChange = await watch.decide {
                $0.acknowledge(id, .expired, known, at: $1)
            }
            #expect(isChange)
        }
        let commits = HeldCommits()
        let running = Task {
            await watch.run(
                CommitSteps(
                    commit: { _ in await commits.commit() },
                    committed: { _ in },
                    failed: { _, _ in },
                    sendUnwritten: { _ in [:] }
                )
            )
        }
        // What the configuration made is written first.
        #expect(try await watch.announceDurably(try token("a"), for: .seconds(1)) != nil)
        commits.hold(true)
        let asked = Task {
            let isDone = try await deed(watch)
            commits.note("answered")
            return isDone
        }
        await commits.begun.pass()
        #expect(commits.lines.isEmpty)
        commits.goOn.open()
        #expect(try await asked.value)
        #expect(commits.lines.prefix(2) == ["written", "answered"])
        commits.hold(false)
        await watch.stop()
        await running.value
    }

    @Test func `what cannot be written is not promised`() async throws {
        struct DiskFull: Error, CustomStringConvertible {
            let description = "database or disk is full"
        }
        let watch = try await watch()
        let running = Task {
            await watch.run(
                CommitSteps(
                    commit: { _ in throw DiskFull() },
                    committed: { _ in },
                    failed: { _, _ in },
                    sendUnwritten: { _ in [:] }
                )
            )
        }
        for _ in 1...2 {
            await #expect(throws: NotWritten(description: "database or disk is full")) {
                _ = try await watch.acknowledgeDurably(acknowledgement)
            }
        }
        #expect(
            await watch.snapshot(of: try token("a"))?.state.alert(.expired)?
                .acknowledgement != nil
        )
        await watch.stop()
        await running.value
        await #expect(throws: NotWritten.self) {
            _ = try await watch.announceDurably(try token("a"), for: .seconds(1))
        }
    }

    @Test func `nothing to acknowledge waits for nothing`() async throws {
        let watch = try await watch()
        #expect(
            try await !watch.acknowledgeDurably(acknowledgement, .duplicate)
        )
        #expect(try await watch.announceDurably(try token("b"), for: .seconds(1)) == nil)
    }
}

extension Watch {
    fileprivate func acknowledgeDurably(
        _ acknowledgement: Acknowledgement,
        _ condition: Condition = .expired
    ) async throws -> Bool {
        let id = try token("a")
        return try await decide(durablyIf: { $0 }) {
            $0.acknowledge(id, condition, acknowledgement, at: $1)
        }
    }

    fileprivate func announceDurably(_ id: TokenID, for length: Duration) async throws -> Instant? {
        try await decide(durablyIf: { $0 != nil }) { $0.announce(id, for: length, at: $1) }
    }
}

/// Commits that wait to be let go, and an account of what came after what.
private final class HeldCommits: Sendable {
    let begun = Gate()
    let goOn = Gate()
    private let log = Mutex<[String]>([])
    private let isHolding = Mutex(false)

    var lines: [String] { log.withLock { $0 } }

    func note(_ line: String) { log.withLock { $0.append(line) } }

    func hold(_ isHolding: Bool) { self.isHolding.withLock { $0 = isHolding } }

    func commit() async {
        guard isHolding.withLock({ $0 }) else { return }
        begun.open()
        await goOn.pass()
        note("written")
    }
}
