import Alerting

/// Keeps alerts alive at every Alertmanager that the configuration names.
actor Keepers {
    /// The settings of a keeper: with equal settings, the keeper continues.
    private struct Settings: Equatable {
        let revision: UInt64
        let quiet: QuietHours?
        let instance: String
    }

    private let clock: @Sendable () -> Instant
    private let openAlerts: @Sendable (_ channel: String) async -> [OpenAlert]
    private let report: @Sendable (String, _ isProblem: Bool) -> Void
    /// The keepers, by channel.
    private var members: [String: (settings: Settings, keeper: AlertmanagerKeeper)] = [:]
    private let renewal = Renewal<[AlertmanagerKeeper]>()

    /// - Parameters:
    ///   - clock: Wall time.
    ///   - openAlerts: The active alerts that a channel was notified of.
    ///   - report: Gets a line when keeping a channel's alerts begins to fail and when it works
    ///     again, and whether it is a problem.
    init(
        clock: @escaping @Sendable () -> Instant,
        openAlerts: @escaping @Sendable (_ channel: String) async -> [OpenAlert],
        report: @escaping @Sendable (String, _ isProblem: Bool) -> Void
    ) {
        self.clock = clock
        self.openAlerts = openAlerts
        self.report = report
    }

    /// Switches to a configuration's channels, and immediately sends the active alerts to each.
    ///
    /// An unchanged channel keeps its memory of sent alerts. The alerts of a changed or removed
    /// channel expire there, because no keeper repeats them.
    func use(_ channels: [ChannelSetup], instance: String) {
        let old = members
        members = [:]
        for setup in channels {
            guard let channel = setup.channel as? WebhookChannel, channel.isForgetful else {
                continue
            }
            let name = channel.name
            let quiet = setup.timing.quiet
            let settings = Settings(revision: setup.revision, quiet: quiet, instance: instance)
            if let member = old[name], member.settings == settings {
                members[name] = member
                continue
            }
            let keeper = AlertmanagerKeeper(
                channel: channel,
                instance: instance,
                clock: clock,
                quiet: quiet,
                openAlerts: { [openAlerts] in await openAlerts(name) }
            )
            members[name] = (settings, keeper)
        }
        renewal.use(members.values.map(\.keeper))
    }

    /// Keeps alerts until the task is cancelled.
    nonisolated func run() async {
        await renewal.run { [report] keepers in
            await withDiscardingTaskGroup { group in
                for keeper in keepers { group.addTask { await keeper.run(report: report) } }
            }
        }
    }
}
