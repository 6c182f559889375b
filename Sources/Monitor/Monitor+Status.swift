import Alerting
import HTTP
import Store

/// The answers to requests of the status socket.
extension Monitor {
    private func quietQueues() -> [String: ChannelQueue] {
        let zone = LocalTime.ofProcess()
        let quiet = configuration.channels.filter { $0.timing.quiet != nil }
        return Dictionary(
            quiet.map { ($0.name, ChannelQueue(limits: $0.timing.limits, zone: zone)) }
        ) { first, _ in first }
    }

    func ports() -> StatusPorts {
        let (watch, reader, courier, health) = (watch, reader, courier, health)
        return StatusPorts(
            clock: clock,
            startedAt: startedAt,
            overview: { await self.overview() },
            token: { id in await watch.read { $0.snapshot(of: id, at: $1) } },
            cannotSee: { await watch.cannotSee(of: $0) },
            quietQueues: { await self.quietQueues() },
            tokens: { last, limit in
                await watch.read { $0.snapshots(after: last, limit: limit, at: $1) }
            },
            pastTokens: { try await reader.tokens(at: $0, after: $1, limit: $2) },
            spans: { try await reader.spans(token: $0, limit: $1) },
            figures: { await self.figures() },
            events: { query in
                try await reader.events(
                    since: query.since,
                    token: query.token,
                    changesOnly: query.changesOnly,
                    limit: query.limit
                )
            },
            beforeNewest: { query in
                try await reader.beforeNewest(
                    query.limit,
                    token: query.token,
                    changesOnly: query.changesOnly
                )
            },
            signal: signal,
            pollNow: { id in
                await watch.decide { $0.pollNow(id.map { [$0] }, at: $1) }
            },
            reload: { await self.reload() },
            acknowledge: { id, condition, acknowledgement in
                try await watch.decide(durablyIf: { $0 }) {
                    $0.acknowledge(id, condition, acknowledgement, at: $1)
                }
            },
            unacknowledge: { id, condition, name in
                try await watch.decide(durablyIf: { $0 }) {
                    $0.unacknowledge(id, condition, by: name, at: $1)
                }
            },
            mutes: { await watch.read { engine, _ in engine.mutes.mutes } },
            mute: { scopes, name, reason, length in
                try await watch.decide(durablyIf: \.isDone) {
                    $0.mute(scopes, by: name, reason: reason, for: length, at: $1)
                }
            },
            unmute: { scopes, name in
                try await watch.decide(durablyIf: \.isDone) {
                    $0.unmute(scopes, by: name, at: $1)
                }
            },
            announce: { id, length in
                try await watch.decide(durablyIf: { $0 != nil }) {
                    $0.announce(id, for: length, at: $1)
                }
            },
            deliveries: { limit in
                var waiting = try await reader.waitingDeliveries(limit: limit)
                let outlook = await courier.outlook()
                for index in waiting.indices { waiting[index].update(outlook) }
                return (waiting, try await reader.givenUpDeliveries(limit: limit))
            },
            testNotify: { names in await self.test(names) },
            problems: { await health.problems() }
        )
    }

    func overview() async -> StatusPorts.Overview {
        // This starts both reads, because each wait for a queue takes time on a busy machine.
        async let deliveries = reader.deliveryCounts()
        async let summary = watch.read { $0.summary(at: $1) }
        let counts = (try? await deliveries) ?? []
        return StatusPorts.Overview(
            instance: configuration.daemon.name,
            configurationPath: configuration.files[0],
            configurationLoadedAt: loadedAt,
            configurationError: configurationError,
            summary: await summary,
            deliveriesWaiting: counts.map(\.waiting).reduce(0, +),
            deliveriesGivenUp: counts.map(\.givenUp).reduce(0, +)
        )
    }

    func figures() async -> DaemonFigures {
        DaemonFigures(
            overview: await overview(),
            deliveries: (try? await reader.deliveryCounts()) ?? [],
            channels: await courier.reports(),
            store: store.figures(),
            http: await server?.figuresNow() ?? HTTPFigures(),
            process: .now(),
            startedAt: startedAt
        )
    }
}
