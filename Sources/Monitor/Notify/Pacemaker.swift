import Alerting

/// Runs the heartbeat that the configuration in use asks for.
actor Pacemaker {
    private let transport: any HeartbeatTransport
    private let healthy: @Sendable () async -> [String]
    private let report: @Sendable (String, _ isProblem: Bool) -> Void
    private let sleep: @Sendable (Duration) async throws -> Void
    private var settings: HeartbeatSettings?
    private let renewal = Renewal<Heartbeat?>()

    /// - Parameters:
    ///   - transport: Does the asking.
    ///   - sleep: Waits between two pings.
    ///   - healthy: Reasons not to ping; none if all is well.
    ///   - report: Takes a line when pings stop or begin to fail, and when they go on; whether it is a
    ///     problem.
    init(
        transport: any HeartbeatTransport,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        },
        healthy: @escaping @Sendable () async -> [String],
        report: @escaping @Sendable (String, _ isProblem: Bool) -> Void
    ) {
        self.transport = transport
        self.sleep = sleep
        self.healthy = healthy
        self.report = report
    }

    /// Takes the settings of a configuration, nil for no heartbeat; the same ones change nothing.
    ///
    /// - Throws: where the URL cannot be one; nothing is pinged then.
    func use(_ settings: HeartbeatSettings?) throws(ChannelSetupError) {
        guard settings != self.settings else { return }
        self.settings = settings
        guard let settings else { return renewal.use(nil) }
        do {
            renewal.use(
                try Heartbeat(
                    settings: settings,
                    transport: transport,
                    sleep: sleep,
                    healthy: healthy
                )
            )
        } catch {
            renewal.use(nil)
            throw error
        }
    }

    /// Pings until the task is cancelled.
    nonisolated func run() async {
        await renewal.run { [report] heartbeat in await heartbeat?.run(report: report) }
    }
}
