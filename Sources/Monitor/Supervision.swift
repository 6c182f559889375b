import Alerting

/// Reports the daemon's state to systemd while it runs, with signs of life.
///
/// It checks every 30 s, or every third of the watchdog's time, and at each commit of events. It
/// sends the line of `systemctl status` if the line changed.
actor Supervision {
    private let manager: ServiceManager
    private let health: Health
    private let watch: Watch
    private let sleep: @Sendable (Duration) async throws -> Void
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation
    /// The last line sent to systemd.
    private var sent = ""

    /// The longest time between two checks: a line that is half a minute old is still useful.
    private static let longest = Duration.seconds(30)
    /// The pause after an event: events come in bursts, and one line is enough for each burst.
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

    /// Returns the current line, for callers that send it with something else.
    func line() async -> String {
        sent = await line(problems: [])
        return sent
    }

    /// Notifies systemd until the task is cancelled; returns immediately without a socket.
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
            // A part that answers later than the watchdog's time counts as stuck.
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
