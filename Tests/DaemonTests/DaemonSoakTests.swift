import Alerting
import Formats
import Foundation
import Glibc
import Monitor
import Sandbox
import Testing

/// How long a soak is, and which.
///
/// `TOKENWATCH_SOAK_ROUNDS` is the number of kills, `TOKENWATCH_SOAK_SEED` the seed of what happens;
/// when exactly it happens to the daemon is the machine's affair, so a seed finds again what it
/// found more often than not, and not always.
private enum Soak {
    private static let environment = ProcessInfo.processInfo.environment
    /// More would send more requests than a receiver remembers, which is 10,000.
    static let kills = min(environment["TOKENWATCH_SOAK_ROUNDS"].flatMap { Int($0) } ?? 25, 1000)
    static let seed =
        environment["TOKENWATCH_SOAK_SEED"].flatMap { UInt64($0) } ?? .random(in: .min ... .max)

    /// When a daemon is killed.
    enum Moment: Sendable {
        /// So long after its start.
        case after(Duration)
        /// With the next so many polls, and this much later.
        case polls(Int, Duration)
        /// With the next so many requests to the webhook, and this much later.
        case requests(Int, Duration)

        static func random(_ random: inout SplitMix64) -> Moment {
            let later = Duration.microseconds(Int.random(in: 0...4000, using: &random))
            return switch Int.random(in: 0..<10, using: &random) {
            // While it starts, and soon after.
            case 0...1: .after(.milliseconds(Int.random(in: 0...80, using: &random)))
            case 2...4: .after(.milliseconds(Int.random(in: 0...1000, using: &random)))
            // Between an answer and its commit, a commit and its sending, sending and settling.
            case 5...6: .polls(Int.random(in: 1...6, using: &random), later)
            default: .requests(Int.random(in: 1...6, using: &random), later)
            }
        }
    }
}

@Suite(.timeLimit(.minutes(2 + Soak.kills / 30)))
struct DaemonSoakTests {
    /// Whether use elsewhere can be seen depends on when it was polled; the others, on what came last.
    private static let uncertain: Set<String> = ["unobservable", "unreachable", "malformed"]
    /// What may alternate so often that its end waits.
    private static let lingering = uncertain.union([
        "account_mismatch", "expired", "expiring", "no_expiry", "permissions_excess",
        "permissions_missing", "rejected",
    ])

    @Test func `what is killed at any moment tells each event, under one id, and loses none`()
        async throws
    {
        var random = SplitMix64(state: Soak.seed)
        print("soak: \(Soak.kills) kills, TOKENWATCH_SOAK_SEED=\(Soak.seed)")
        try await withDaemon(SoakProvider.settings) { daemon in
            let provider = try SoakProvider(daemon, seed: random.next())
            for id in SoakProvider.ids { try await daemon.untilSeen(id) }
            // An orderly end writes what was seen: from here on every change is one of that.
            #expect(try await daemon.end() == 0)
            try daemon.launch()
            var said: [String] = []
            var kills = 0
            while kills < Soak.kills {
                // Some end in order: what a crash leaves has to outlast that too.
                let isKill = Int.random(in: 0..<8, using: &random) > 0
                kills += isKill ? 1 : 0
                let moment = Soak.Moment.random(&random)
                let program = try daemon.program
                try await live(until: moment, of: daemon, provider) {
                    program.signal(isKill ? SIGKILL : SIGTERM)
                    await provider.note("\(isKill ? "kill" : "stop") \(kills), \(moment)")
                }
                let outcome = try await program.ended()
                said.append(outcome.errors)
                // One that is not up yet ends by a signal in its own way.
                if isKill || outcome.status != -SIGTERM {
                    #expect(outcome.status == (isKill ? -SIGKILL : 0), "\(outcome.errors)")
                }
                // Some things happen while nobody looks.
                for _ in 0..<Int.random(in: 0...3, using: &random) { try await provider.happen() }
                try await provider.repairFile()
                try daemon.launch()
            }
            try await finish(daemon, provider, said)
        }
    }

    /// Lets things happen until a moment, and then this, in the middle of whatever happens.
    private func live(
        until moment: Soak.Moment,
        of daemon: DaemonUnderTest,
        _ provider: SoakProvider,
        then end: () async -> Void
    ) async throws {
        let record = daemon.sandbox.record
        let (polls, requests) = (record.total, record.received(DaemonUnderTest.hook).count)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await provider.live() }
            group.addTask {
                switch moment {
                case .after(let time): try await Task.sleep(for: time)
                case .polls(let count, let later):
                    try await daemon.sandbox.wait { $0.total >= polls + count }
                    try await Task.sleep(for: later)
                case .requests(let count, let later):
                    try await daemon.sandbox.wait {
                        $0.received(DaemonUnderTest.hook).count >= requests + count
                    }
                    try await Task.sleep(for: later)
                }
            }
            group.addTask {
                // What is waited for may not come: the provider or the receiver may be dead.
                try await Task.sleep(for: .seconds(1))
            }
            _ = try await group.next()
            await end()
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
    }

    /// Mends everything, lets the daemon become quiet, and looks at what it leaves.
    private func finish(
        _ daemon: DaemonUnderTest,
        _ provider: SoakProvider,
        _ said: [String]
    ) async throws {
        try await provider.mend()
        try await provider.silence("a", true)
        try await daemon.program.errors.first { $0.contains(" watches ") }
        // A configuration was refused, perhaps; the one that was started with was not.
        #expect(try await daemon.overview()["daemon_alerts"]?.elements?.isEmpty == true)
        // A host that was asked lately whether it is well is left alone for a while, but not by a
        // daemon that has just started.
        #expect(try await daemon.end() == 0)
        try await daemon.start()
        try await provider.repairFile()
        #expect(try await daemon.ask("POST", "/v1/reload").status == 200)
        try await expectTold(daemon, ofSilent: "a")
        try await provider.silence("a", false)
        try await daemon.pollNow()
        for id in SoakProvider.ids {
            try await daemon.token(id) { $0["name"]?.string == "end-\(id)" }
        }
        for id in SoakProvider.ids {
            let token = try await daemon.token(id)
            let conditions = token["alerts"]?.elements?.compactMap { $0["condition"]?.string }
            let alerts = Set(conditions ?? []).subtracting(Self.uncertain)
            let expected = await provider.expectedAlerts(id).subtracting(Self.uncertain)
            #expect(alerts == expected, "\(id): \(token)")
        }

        try await provider.cure()
        try await daemon.pollNow()
        for id in SoakProvider.ids {
            try await daemon.token(id) { $0["name"]?.string == "sound-\(id)" }
        }
        // An orderly end has written what is decided.
        #expect(try await daemon.end() == 0)
        try await daemon.start()
        try await daemon.untilWaiting(0)
        let events = try await wholeRecord(daemon)
        let record = SoakRecord(
            events: events,
            requests: daemon.sandbox.received(DaemonUnderTest.hook).map { .init($0) },
            logged: daemon.log.all.compactMap { $0.firstMatch(of: #/event=(\w+)\]/#)?.1 }
                .map(String.init)
        )
        var problems = record.problems
        for id in SoakProvider.ids {
            let token = try await daemon.token(id)
            #expect(await SoakFacts(token) == provider.facts[id], "\(id)")
            let held = token["alerts"]?.elements?.compactMap { $0["condition"]?.string } ?? []
            let open = AlertLives(of: events).open[id] ?? []
            #expect(Set(held).isSubset(of: ["unobservable"]), "\(id): everything is mended")
            // What came and went often is shown no more, and its end is told later.
            #expect(open.isSubset(of: Self.lingering), "\(id): the end of everything else is told")
            var facts = SoakFacts(
                permissions: ["dns:list"],
                expiry: "2099-01-01T00:00:00Z",
                account: "john@example.com",
                name: id
            )
            problems += facts.follow(events.filter { $0.token == id })
            if token["expiry_rolling"]?.bool == true { facts.expiry = SoakFacts(token).expiry }
            #expect(facts == SoakFacts(token), "\(id): no change is missing")
        }
        #expect(events.filter { $0.type == "used_elsewhere" }.map(\.words) == [])
        #expect(try await daemon.overview()["deliveries"]?["given_up"]?.integer == 0)
        #expect(try await daemon.end() == 0)
        let journal = await provider.journal
        if !problems.isEmpty { keep(journal, events) }
        #expect(problems == [], "TOKENWATCH_SOAK_SEED=\(Soak.seed)")
        for phase in ["raised", "reminded", "resolved", "changed"] {
            #expect(events.contains { $0.phase == phase }, "nothing was \(phase): no soak at all")
        }
        try await expectSound(daemon)
        try expectNoSecrets(daemon, await provider.planted, said + [daemon.errors])
        print(
            "soak: \(events.count) events, \(record.requests.count) requests to the webhook,",
            "\(daemon.sandbox.record.total) polls, \(journal.count) deeds"
        )
    }

    /// One token stays silent where all others are well: whatever stood for it before, now the
    /// receivers are told of an alert of its own.
    private func expectTold(_ daemon: DaemonUnderTest, ofSilent id: String) async throws {
        try await eventually {
            let raised = try await wholeRecord(daemon)
                .last { $0.phase == "raised" && $0.type == "unreachable" && $0.token == id }
            let isTold = daemon.told.contains { $0.alertID == raised?.id && $0.phase != "resolved" }
            guard raised != nil, isTold else { return false }
            return try await daemon.overview()["host_alerts"]?.elements?.isEmpty == true
        }
    }

    /// Every event, a page at a time.
    private func wholeRecord(_ daemon: DaemonUnderTest) async throws -> [Told] {
        var events: [Told] = []
        while true {
            let since = events.last?.id ?? "2000-01-01T00:00:00Z"
            let page = try await daemon.events("?limit=1000&since=\(since)")
            if page.isEmpty { return events }
            events += page
        }
    }

    /// Prints deeds and events as they followed each other, for whoever looks for the cause.
    private func keep(_ journal: [String], _ events: [Told]) {
        let lines = journal + events.map { "\($0.json["at"]?.string ?? "") EVENT \($0.name)" }
        for line in lines.sorted() { print(line) }
    }

    /// The database that so many crashes left is whole, by another SQLite, and was never set aside.
    private func expectSound(_ daemon: DaemonUnderTest) async throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: daemon.state).sorted()
        #expect(files == ["lock", "state.db"])
        let script = """
            import sqlite3, sys
            print(*sqlite3.connect(sys.argv[1]).execute("PRAGMA integrity_check").fetchone())
            """
        let check = try await Programs.run(
            "/usr/bin/python3",
            ["-c", script, "\(daemon.state)/state.db"]
        )
        #expect(check.output == "ok", "\(check.errors)")
    }

    private func expectNoSecrets(
        _ daemon: DaemonUnderTest,
        _ planted: [String],
        _ said: [String]
    ) throws {
        var places = [("the log of the daemon", Data(said.joined(separator: "\n").utf8))]
        places.append(("syslog", Data(daemon.log.all.joined(separator: "\n").utf8)))
        for record in daemon.sandbox.received(DaemonUnderTest.hook) {
            let head = record.headers.map { "\($0.name): \($0.value)\n" }.joined()
            places.append((record.text, Data(head.utf8) + Data(record.body)))
        }
        for file in try FileManager.default.contentsOfDirectory(atPath: daemon.state) {
            places.append((file, try Data(contentsOf: URL(filePath: "\(daemon.state)/\(file)"))))
        }
        for (name, bytes) in places {
            let leaks = planted.filter { bytes.range(of: Data($0.utf8)) != nil }
            #expect(leaks == [], "\(name)")
        }
    }
}
