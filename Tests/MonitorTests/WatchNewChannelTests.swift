import Alerting
import Testing

@testable import HTTP
@testable import Monitor
@testable import System

/// Channels that are new or have another address, across reloads and restarts.
@Suite(.timeLimit(.minutes(1)))
struct WatchNewChannelTests {
    /// What a store would keep.
    private struct Kept {
        var tokens: [TokenID: TokenState] = [:]
        var channels: [String: ChannelMark] = [:]

        /// - Returns: whom the events notify, by token.
        mutating func take(_ commit: Commit) -> [(token: String, event: Event)] {
            for change in commit.states { tokens[change.id] = change.new }
            for (name, mark) in commit.channels { channels[name] = mark }
            return commit.events.filter { !$0.channels.isEmpty }.map { event in
                guard case .token(let card) = event.subject else { return ("-", event) }
                return (card.id.text, event)
            }
        }
    }

    private let now = Instant(seconds: 1_795_262_400)

    private func watch(seed: UInt64 = 1) throws -> Watch {
        let executor = QueueExecutor(label: "new-channels-test")
        let now = now
        return Watch(
            executor: executor,
            ports: WatchPorts(
                clock: { Now(instant: now, moment: Moment(milliseconds: 0)) },
                client: try HTTPClient(settings: HTTPClientSettings(), executor: executor),
                secrets: SecretReader(environment: [:]),
                digestKey: Array(repeating: 1, count: 32)
            ),
            polling: PollingSettings(),
            ids: EventIDs(seed: seed),
            seed: seed
        )
    }

    /// Tokens that have expired, and these channels.
    private func configuration(_ count: Int, _ channels: String...) throws -> Configuration {
        var text = ""
        for channel in channels {
            text += "channels.\(channel) = { type = \"webhook\", url = \"https://a.example\" }\n"
        }
        for number in 0..<count {
            text += "[tokens.t\(1000 + number)]\nsecret_file = \"/nowhere\"\n"
            text += "expires = \"2020-01-31\"\n"
        }
        return try MonitorTests.configuration(text)
    }

    private func address(_ number: UInt64) -> SecretDigest { SecretDigest(high: number, low: 0) }

    /// Starts with a state in which `log` was notified of everything.
    private func begun(_ count: Int) async throws -> (Watch, Kept) {
        var kept = Kept()
        let watch = try watch()
        _ = await watch.configure(
            try configuration(count, "log"),
            addresses: ["log": address(1)],
            stored: StoredRun(channels: [:])
        )
        await watch.takesOver()
        let told = kept.take(await watch.commitPending())
        #expect(told.count == count && told.allSatisfy { $0.event.channels == ["log"] })
        return (watch, kept)
    }

    /// Commits until nothing is left, and collects who is notified.
    private func all(
        _ watch: Watch,
        _ kept: inout Kept
    ) async -> [(token: String, event: Event)] {
        var told: [(token: String, event: Event)] = []
        while true {
            let commit = await watch.commitPending(introducing: true)
            if commit.channels.isEmpty && commit.events.isEmpty { return told }
            told += kept.take(commit)
        }
    }

    @Test func `a state of an earlier version makes no channel new`() async throws {
        let kept = try await begun(3).1
        #expect(kept.channels == ["log": ChannelMark(address: address(1), introduction: .done)])
        let next = try watch(seed: 2)
        var later = kept
        _ = await next.configure(
            try configuration(3, "log"),
            addresses: ["log": address(1)],
            stored: StoredRun(tokens: kept.tokens, channels: [:])
        )
        #expect(await all(next, &later).isEmpty)
    }

    @Test(arguments: [true, false])
    func `a channel that is new at a start is notified once of each alert`(isNew: Bool) async throws
    {
        var kept = try await begun(600).1
        let names = isNew ? ["log", "ops"] : ["log"]
        let addresses = isNew ? ["log": address(1), "ops": address(2)] : ["log": address(9)]
        let name = isNew ? "ops" : "log"
        for start in 0..<3 {
            let watch = try watch(seed: UInt64(start + 2))
            _ = await watch.configure(
                try isNew ? configuration(600, "log", "ops") : configuration(600, "log"),
                addresses: addresses,
                stored: StoredRun(tokens: kept.tokens, channels: kept.channels)
            )
            await watch.takesOver()
            let told = await all(watch, &kept)
            #expect(told.count == (start == 0 ? 600 : 0))
            #expect(Set(told.map(\.token)).count == told.count)
            #expect(told.allSatisfy { $0.event.channels == [name] && $0.event.phase == .reminded })
        }
        #expect(
            kept.tokens.values.allSatisfy { $0.alerts.allSatisfy { $0.told.sorted() == names } }
        )
        #expect(kept.channels[name]?.introduction == .done)
    }

    @Test(arguments: [true, false], [1, 2])
    func `a crash between two commits neither repeats nor loses a notification`(
        isNew: Bool,
        commits: Int
    ) async throws {
        var kept = try await begun(600).1
        let addresses = isNew ? ["log": address(1), "ops": address(2)] : ["log": address(9)]
        let configuration =
            try isNew ? configuration(600, "log", "ops") : configuration(600, "log")
        let first = try watch(seed: 2)
        _ = await first.configure(
            configuration,
            addresses: addresses,
            stored: StoredRun(tokens: kept.tokens, channels: kept.channels)
        )
        await first.takesOver()
        var told: [(token: String, event: Event)] = []
        for _ in 0..<commits { told += kept.take(await first.commitPending(introducing: true)) }
        #expect(told.count == 256 * commits)
        // What the next page would say is lost with the process.
        _ = await first.commitPending(introducing: true)
        let second = try watch(seed: 3)
        _ = await second.configure(
            configuration,
            addresses: addresses,
            stored: StoredRun(tokens: kept.tokens, channels: kept.channels)
        )
        await second.takesOver()
        told += await all(second, &kept)
        #expect(told.count == 600)
        #expect(Set(told.map(\.token)).count == 600)
    }

    @Test func `a reload does the same, and a channel that goes is forgotten`() async throws {
        let (watch, first) = try await begun(3)
        var kept = first
        _ = await watch.configure(
            try configuration(3, "log", "ops"),
            addresses: ["log": address(1), "ops": address(2)]
        )
        #expect(await all(watch, &kept).map(\.event.channels) == [["ops"], ["ops"], ["ops"]])
        // The same again is no news, and an address that cannot be read is none either.
        for addresses in [["log": address(1), "ops": address(2)], ["log": address(1)]] {
            _ = await watch.configure(try configuration(3, "log", "ops"), addresses: addresses)
            #expect(await all(watch, &kept).isEmpty)
        }
        _ = await watch.configure(
            try configuration(3, "log", "ops"),
            addresses: ["log": address(1), "ops": address(3)]
        )
        #expect(await all(watch, &kept).map(\.event.channels) == [["ops"], ["ops"], ["ops"]])
        _ = await watch.configure(try configuration(3, "log"), addresses: ["log": address(1)])
        #expect(await all(watch, &kept).isEmpty)
        #expect(kept.channels.keys.sorted() == ["log"])
        _ = await watch.configure(
            try configuration(3, "log", "ops"),
            addresses: ["log": address(1), "ops": address(3)]
        )
        #expect(await all(watch, &kept).count == 3)
    }

    @Test func `alerts of the daemon are among them, and no channel is told of its own`()
        async throws
    {
        let (watch, first) = try await begun(0)
        var kept = first
        for (subject, condition) in [
            (AlertSubject.daemon, Condition.storeFailing), (.channel("log"), .channelFailing),
            (.channel("ops"), .channelFailing),
        ] {
            let finding = Finding(condition, .warning, "it fails")
            await watch.decide {
                $0.judge(subject, [condition], [finding], at: $1) { _ in "" }
            }
        }
        _ = kept.take(await watch.commitPending())
        _ = await watch.configure(
            try configuration(0, "log", "ops"),
            addresses: ["log": address(1), "ops": address(2)]
        )
        let told = await all(watch, &kept).filter { $0.event.channels == ["ops"] }
        #expect(told.map(\.event.kind.name).sorted() == ["channel_failing", "store_failing"])
        let failing = try #require(told.first { $0.event.kind.name == "channel_failing" })
        #expect(failing.event.details.contains(Detail("channel", "log")))
    }
}

extension Watch {
    /// Hands over what is to be committed.
    fileprivate func commitPending(introducing: Bool = false) -> Commit {
        let now = ports.clock()
        if introducing { engine.introduceChannels(at: now) }
        return engine.takePending(at: now.instant)
    }
}
