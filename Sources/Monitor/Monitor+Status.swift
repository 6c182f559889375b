import Alerting
import CLinux
import Glibc

/// What the status socket asks the daemon.
extension Monitor {
    func ports() -> StatusPorts {
        let (watch, reader, courier, health) = (watch, reader, courier, health)
        return StatusPorts(
            clock: clock,
            startedAt: startedAt,
            overview: { await self.overview() },
            token: { await watch.snapshot(of: $0) },
            cannotSee: { await watch.cannotSee(of: $0) },
            tokens: { await watch.snapshots(after: $0, limit: $1) },
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
                await watch.pollNow(id.map { [$0] })
            },
            reload: { await self.reload() },
            acknowledge: { try await watch.acknowledgeDurably($0, $1, $2) },
            unacknowledge: { try await watch.unacknowledgeDurably($0, $1, by: $2) },
            mutes: { await watch.mutes.mutes },
            mute: { try await watch.muteDurably($0, by: $1, reason: $2, for: $3) },
            unmute: { try await watch.unmuteDurably($0, by: $1) },
            announce: { try await watch.announceDurably($0, for: $1) },
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
        // Both at once: on a busy machine each wait for a queue takes its time.
        async let deliveries = reader.deliveryCounts()
        async let summary = watch.summary()
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
