import Alerting

/// Runs the heartbeat of the configuration in use.
actor Pacemaker {
    private let transport: any HTTPTransport
    private let healthy: @Sendable () async -> [String]
    private let report: @Sendable (String, _ isProblem: Bool) -> Void
    private let judge: @Sendable (HeartbeatHealth.Verdict) async -> Void
    private let sleep: @Sendable (Duration) async throws -> Void
    private var heartbeat: Heartbeat?
    private var health = HeartbeatHealth()
    private var settings: HeartbeatSettings?
    private let renewal = Renewal<Heartbeat?>()

    /// - Parameters:
    ///   - transport: makes the requests.
    ///   - sleep: Waits between two pings.
    ///   - healthy: the reasons not to ping; none if all is well.
    ///   - report: Gets a line when pings stop, begin to fail, or resume, and whether it is a
    ///     problem.
    ///   - judge: gets changes of the heartbeat's health.
    init(
        transport: any HTTPTransport,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        },
        healthy: @escaping @Sendable () async -> [String],
        report: @escaping @Sendable (String, _ isProblem: Bool) -> Void,
        judge: @escaping @Sendable (HeartbeatHealth.Verdict) async -> Void = { _ in }
    ) {
        self.transport = transport
        self.sleep = sleep
        self.healthy = healthy
        self.report = report
        self.judge = judge
    }

    /// Switches to a configuration's settings, nil for no heartbeat; equal ones have no effect.
    ///
    /// - Throws: if the URL is invalid; then there are no pings.
    func use(_ settings: HeartbeatSettings?) throws(ChannelSetupError) {
        guard settings != self.settings else { return }
        self.settings = settings
        health = HeartbeatHealth()
        heartbeat = nil
        defer { renewal.use(heartbeat) }
        guard let settings else { return }
        heartbeat = try Heartbeat(
            settings: settings,
            transport: transport,
            sleep: sleep,
            healthy: healthy
        )
    }

    /// Pings once for a test; returns nil if there is no heartbeat.
    func test() async -> DeliveryResult? {
        guard let heartbeat else { return nil }
        let result = await heartbeat.test()
        if result == .delivered { await pinged(error: nil) }
        return result
    }

    private func pinged(error: String?) async {
        if let verdict = health.pinged(error: error) { await judge(verdict) }
    }

    /// Pings until the task is cancelled.
    nonisolated func run() async {
        await renewal.run { [report] heartbeat in
            await heartbeat?.run(report: report) { await self.pinged(error: $0) }
        }
    }
}
