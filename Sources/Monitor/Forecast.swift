package import Alerting
package import Store

/// A forecast of notifications if nothing changes: a simulation of the stored state.
package struct Forecast: Sendable {
    /// A notification: one event for one channel.
    package struct Notice: Hashable, Sendable {
        package let channel: String
        package let event: Event
        package let fate: ChannelQueue.Fate
        /// Whether quiet hours delay it or keep it from being sent.
        package let isLate: Bool
    }

    package let from: Instant
    package let until: Instant
    /// The channels of the configuration, in its order.
    package let channels: [String]
    /// The notifications, in the order in which the daemon will send them.
    package let notices: [Notice]
    /// The tokens without any answer yet: only their configuration is known.
    package let notSeen: [TokenID]
    /// Whether the forecast leaves some notifications out.
    package let isCutOff: Bool

    /// Simulates the time after the state was stored.
    ///
    /// - Parameters:
    ///   - configuration: the configuration to simulate.
    ///   - stored: the state, which the simulation does not change.
    ///   - now: the current time, when the forecast begins.
    ///   - end: the end of the forecast.
    ///   - zone: the time zone of quiet hours.
    package init(
        _ configuration: Configuration,
        _ stored: StoredState,
        from now: Instant,
        until end: Instant,
        zone: LocalTime = .utc
    ) {
        let names = configuration.channels.map(\.name)
        var ids = EventIDs(seed: 0)
        let settings = stored.watched(by: configuration)
        let ends = stored.forgotten(but: settings, configuration, at: now, ids: &ids)
        let states = settings.map { stored.state(of: $0.id, channels: Set(names)) }
        var subjects = SubjectBook(policy: configuration.policy)
        subjects.resume(stored.subjectAlerts(channels: Set(names)))
        for name in names {
            subjects.set(configuration.policy(forTroubleOf: name), of: .channel(name))
        }
        var simulation = Simulation(
            settings,
            states: states,
            subjects: subjects,
            mutes: stored.mutes,
            inventories: configuration.inventories,
            answersStay: true,
            from: now,
            ids: ids,
            provider: Simulation.asBefore
        )
        simulation.decide {
            $0.judge(.daemon, [.configRejected], [], at: $1) { _ in "a configuration was loaded" }
        }
        for case .channel(let name) in stored.subjectAlerts.keys where !names.contains(name) {
            simulation.decide {
                $0.judge(.channel(name), [.channelFailing], [], at: $1) { _ in
                    "the channel was removed"
                }
            }
        }
        simulation.run(until: end)
        from = now
        until = simulation.isCutOff ? simulation.now : end
        isCutOff = simulation.isCutOff
        channels = names
        notices = Self.notices(of: ends + simulation.events, configuration.channels, zone)
        notSeen = zip(settings, states).compactMap { token, state in
            state.lastOutcome == nil ? token.id : nil
        }
    }
}

extension Forecast {
    /// The events of each channel, with the time when it sends them, in the order of the events.
    fileprivate static func notices(
        of events: [Event],
        _ channels: [ChannelSettings],
        _ zone: LocalTime
    ) -> [Notice] {
        let notices = channels.enumerated().flatMap { place, channel in
            let limits = channel.timing.limits
            let own = events.enumerated().filter { $0.element.channels.contains(channel.name) }
            let fates = ChannelQueue(limits: limits, zone: zone).fates(of: own.map(\.element))
            return zip(own, fates).map { event, fate in
                let notice = Notice(
                    channel: channel.name,
                    event: event.element,
                    fate: fate,
                    isLate: fate.isLate(event.element, limits)
                )
                return (order: (event.offset, place), notice: notice)
            }
        }
        return notices.sorted { $0.order < $1.order }.map(\.notice)
    }
}

/// The stored state, in the form that a loaded configuration takes over.
extension StoredState {
    /// The tokens of a configuration, followed by the tokens that its inventories listed.
    fileprivate func watched(by configuration: Configuration) -> [TokenSettings] {
        let listing = Dictionary(configuration.inventories.map { ($0.id, $0) }) { first, _ in first
        }
        let listed = tokens.keys.filter(\.isListed).sorted().compactMap { id in
            id.inventory.flatMap { listing[$0] }?.settings(of: id)
        }
        return configuration.tokens.map(\.settings) + listed
    }

    /// Events about tokens that are no longer watched.
    fileprivate func forgotten(
        but settings: [TokenSettings],
        _ configuration: Configuration,
        at now: Instant,
        ids: inout EventIDs
    ) -> [Event] {
        let watched = Set(settings.map(\.id))
        let channels = Set(configuration.channels.map(\.name))
        return tokens.keys.filter { !watched.contains($0) }.sorted().flatMap { id in
            Alerting.forgotten(
                state(of: id, channels: channels),
                TokenSettings(id: id, provider: .unknown, policy: Policy()),
                at: now,
                ids: &ids
            )
        }
    }

    /// A token's state, without recipients that are no longer channels.
    fileprivate func state(of id: TokenID, channels: Set<String>) -> TokenState {
        var state = tokens[id] ?? TokenState()
        for index in state.alerts.indices
        where HostTrouble(ofToken: state.alerts[index].condition) != nil {
            // As after a restart: the host's alert covered an alert that notified no channel.
            state.alerts[index].isCovered = state.alerts[index].told.isEmpty
        }
        state.alerts = state.alerts.map { $0.told(among: channels) }
        return state
    }

    fileprivate func subjectAlerts(channels: Set<String>) -> [AlertSubject: [Alert]] {
        subjectAlerts.mapValues { alerts in alerts.map { $0.told(among: channels) } }
    }
}

extension Alert {
    /// Returns the alert without removed channels: they are not notified when it ends.
    fileprivate func told(among channels: Set<String>) -> Alert {
        var alert = self
        alert.told.removeAll { !channels.contains($0) }
        return alert
    }
}
