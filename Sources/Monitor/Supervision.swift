import Alerting

/// Notifies systemd, while the daemon runs, of its state and that it is alive.
///
/// It checks every 30 s, or every third of the watchdog's time, and at each commit of events; it
/// sends the line of `systemctl status` if it changed.
actor Supervision {
    private let manager: ServiceManager
    private let health: Health
    private let watch: Watch
    private let sleep: @Sendable (Duration) async throws -> Void
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation
    /// The last line sent to systemd.
    private var sent = ""

    /// The longest time between two checks: a line half a minute old is still useful.
    private static let longest = Duration.seconds(30)
    /// Events come in bursts: one line is enough for all of a burst.
    private static let lull = Duration.milliseconds(200)

    init(
        manager: ServiceManager,
        health: Health,
        watch: Watch,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0, tolerance: $0 / 20)
        }
    ) {
        self.manager = manager
        self.health = health
        self.watch = watch
        self.sleep = sleep
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Notes a commit that may change the line, without waiting.
    nonisolated func somethingChanged() { change.yield() }

    /// The current line, for callers that send it with something else.
    func line() async -> String {
        sent = await line(problems: [])
        return sent
    }

    /// Notifies systemd until the task is cancelled; returns at once without a socket.
    nonisolated func run() async {
        guard manager.isListening else { return }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.tick() }
            group.addTask { await self.follow() }
        }
    }

    private func tick() async {
        let pause = manager.watchdog.map { min($0 / 3, Self.longest) } ?? Self.longest
        repeat {
            // A part that answers later than the watchdog's time does not run.
            let report = await health.report(within: min(pause, Health.patience))
            await tell(report.all)
            if manager.watchdog != nil, report.stuck.isEmpty { manager.isAlive() }
        } while (try? await sleep(pause)) != nil
    }

    private func follow() async {
        for await _ in changes {
            guard (try? await sleep(Self.lull)) != nil else { return }
            await tell(await health.known())
        }
    }

    private func tell(_ problems: [String]) async {
        let line = await self.line(problems: problems)
        guard line != sent, !Task.isCancelled else { return }
        sent = line
        manager.status(line)
    }

    private func line(problems: [String]) async -> String {
        ServiceStatus(await watch.read { $0.summary(at: $1) }, problems: problems).line
    }
}
