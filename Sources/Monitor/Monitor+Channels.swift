import Alerting

/// The alerts of channels, and their tests.
extension Monitor {
    /// Raises or ends `channel_failing` of each channel; unknown ones stay unchanged.
    func judgeChannels(_ health: [String: ChannelHealth]) async {
        let now = credible.now()
        for (name, health) in health {
            let findings: [Finding]
            switch health {
            case .unknown: continue
            case .well: findings = []
            case .failing(let trouble): findings = [trouble.finding(channel: name, at: now)]
            }
            let policy = configuration.policy(forTroubleOf: name)
            let isNew = await watch.decide {
                $0.judge(
                    .channel(name),
                    [.channelFailing],
                    findings,
                    policy: policy,
                    at: $1
                ) { _ in "it delivers again" }
            }
            guard isNew, let finding = findings.first else { continue }
            log.warning(finding.summary)
            if !configuration.channels.contains(where: \.isLog) { await tellSystemLog(finding) }
        }
    }

    /// Writes directly to the machine's log, for configurations without a log channel.
    func tellSystemLog(_ finding: Finding) async {
        let now = clock()
        let event = Event(
            id: await watch.decide { $0.ids.next(at: $1.instant) },
            at: now,
            subject: .daemon,
            kind: .condition(finding.condition),
            phase: .raised,
            severity: finding.severity,
            summary: finding.summary,
            details: finding.details
        )
        guard let system = try? SyslogChannel(name: "system", clock: { now }) else { return }
        _ = await system.deliver(
            Delivery(event, to: "system", row: 0, instance: configuration.daemon.name, at: now)
        )
    }

    /// Tests the named channels and the heartbeat; tests all of them if no name is given.
    func test(_ names: [String]) async -> [ChannelTest] {
        let heartbeat = ChannelTest.heartbeat
        let isChannel = configuration.channels.contains { $0.name == heartbeat }
        let isAsked = names.isEmpty || (names.contains(heartbeat) && !isChannel)
        async let ping = isAsked ? pacemaker.test() : nil
        let channels = names.filter {
            $0 != heartbeat || isChannel || configuration.heartbeat == nil
        }
        var tests: [ChannelTest] = []
        if names.isEmpty || !channels.isEmpty {
            let id = await watch.decide { $0.ids.next(at: $1.instant) }
            tests = await courier.test(channels: channels, event: id)
        }
        if let result = await ping {
            tests.append(ChannelTest(channel: heartbeat, result: result))
        }
        return tests
    }
}
