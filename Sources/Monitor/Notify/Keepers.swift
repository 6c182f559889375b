import Alerting

/// Keeps alerts alive at every Alertmanager that the configuration names.
actor Keepers {
    private struct Member {
        let revision: UInt64
        let quiet: QuietHours?
        let instance: String
        let keeper: AlertmanagerKeeper
    }

    private let clock: @Sendable () -> Instant
    private let openAlerts: @Sendable (_ channel: String) async -> [OpenAlert]
    private let report: @Sendable (String, _ isProblem: Bool) -> Void
    /// By channel.
    private var members: [String: Member] = [:]
    private let renewal = Renewal<[AlertmanagerKeeper]>()

    /// - Parameters:
    ///   - clock: Wall time.
    ///   - openAlerts: The active alerts that a channel was notified of.
    ///   - report: Takes a line when a channel's alerts begin to fail to be kept, and when they are
    ///     kept again; whether it is a problem.
    init(
        clock: @escaping @Sendable () -> Instant,
        openAlerts: @escaping @Sendable (_ channel: String) async -> [OpenAlert],
        report: @escaping @Sendable (String, _ isProblem: Bool) -> Void
    ) {
        self.clock = clock
        self.openAlerts = openAlerts
        self.report = report
    }

    /// Switches to the channels of a configuration, and sends the active alerts to each at once.
    ///
    /// A channel that stays keeps its memory of sent alerts. Those of a channel that
    /// changed or is gone expire there, because nobody repeats them.
    func use(_ channels: [ChannelSetup], instance: String) {
        let old = members
        members = [:]
        for setup in channels {
            guard let channel = setup.channel as? WebhookChannel, channel.isForgetful else {
                continue
            }
            let name = channel.name
            if let member = old[name], member.revision == setup.revision,
                member.instance == instance, member.quiet == setup.timing.quiet
            {
                members[name] = member
                continue
            }
            let keeper = AlertmanagerKeeper(
                channel: channel,
                instance: instance,
                clock: clock,
                quiet: setup.timing.quiet,
                openAlerts: { [openAlerts] in await openAlerts(name) }
            )
            members[name] = Member(
                revision: setup.revision,
                quiet: setup.timing.quiet,
                instance: instance,
                keeper: keeper
            )
        }
        renewal.use(members.values.map(\.keeper))
    }

    /// Keeps until the task is cancelled.
    nonisolated func run() async {
        await renewal.run { [report] keepers in
            await withDiscardingTaskGroup { group in
                for keeper in keepers { group.addTask { await keeper.run(report: report) } }
            }
        }
    }
}
