import Alerting
import CLinux
package import HTTP
import Store
import System

/// The daemon, composed of all its parts.
package actor Monitor {
    let log: Log
    let environment: [String: String]
    let serviceManager: ServiceManager
    let store: Store
    let reader: StoreReader
    let watch: Watch
    let courier: Courier
    let channels: ChannelFactory
    let keepers: Keepers
    let pacemaker: Pacemaker
    let health: Health
    let supervision: Supervision
    let secrets: SecretReader
    let webhookClient: HTTPClient
    let startedAt: Instant
    let credible: CredibleClock
    /// The corrected time, which all parts use.
    let clock: @Sendable () -> Instant
    let signal = EventSignal()
    /// The status server; nil until `run`.
    var server: HTTPServer?

    let configurationPath: String?
    var configuration: Configuration
    /// The channels of the configuration.
    var setups: [ChannelSetup]
    /// The settings that stay the same until the daemon ends.
    let atStart: DaemonSettings
    let files: OpenFiles
    var loadedAt: Instant
    var configurationError: String?
    var isReloading = false
    /// The reloads that wait for the current one.
    var waitingReloads: [CheckedContinuation<Void, Never>] = []
    /// Requests more time for a reload or stop; nil outside of them.
    var patience: TimeoutExtension?

    /// Opens the state and makes every part, without running anything.
    ///
    /// - Parameters:
    ///   - configuration: the configuration that was loaded from `path`.
    ///   - path: the path as the user wrote it; nil for the default.
    ///   - environment: the environment of the process.
    ///   - serviceManager: the receiver of the daemon's status.
    ///   - files: the limit of open files.
    ///   - log: the daemon's log.
    /// - Throws: `StoreError` if the state cannot be used, `CertificateBundleError` if
    ///   `ca_file` cannot.
    package init(
        configuration: Configuration,
        path: String?,
        environment: [String: String],
        serviceManager: ServiceManager,
        files: OpenFiles,
        log: Log
    ) async throws {
        let now = SystemClock.now().instant
        let directory = try StateDirectory(path: configuration.daemon.stateDirectory)
        let opened = try await Store.open(
            directory,
            instance: configuration.daemon.name,
            now: now,
            say: { log.note($0) }
        )
        let (store, stored) = (opened.store, opened.state)
        // A crashed run may have made polls without writing them. The store keeps this note,
        // because the next run may begin before the daemon writes anything else about a token.
        let uncertainUntil = stored.wasStoppedInOrder ? nil : now + clockTolerance
        if let uncertainUntil { try await store.noteUncertainUse(until: uncertainUntil) }
        let executor = QueueExecutor(label: "tokenwatchd.watch")
        let secrets = SecretReader(environment: environment)
        let watchPorts = WatchPorts(
            clock: { SystemClock.now() },
            client: try HTTPClient(
                settings: configuration.polling.clientSettings,
                executor: executor
            ),
            secrets: secrets,
            digestKey: stored.digestKey
        )
        let credible = watchPorts.credible
        let clock: @Sendable () -> Instant = { credible.now().instant }
        let watch = Watch(
            executor: executor,
            ports: watchPorts,
            polling: configuration.polling,
            ids: EventIDs(
                after: stored.lastEventID ?? EventID(high: 0, low: 0),
                seed: .random(in: .min ... .max)
            ),
            seed: .random(in: .min ... .max)
        )
        let webhookClient = try HTTPClient(
            settings: configuration.polling.clientSettings,
            executor: QueueExecutor(label: "tokenwatchd.webhooks")
        )
        let channels = ChannelFactory(
            secrets: secrets,
            digestKey: stored.digestKey,
            transport: WebhookTransport(client: webhookClient),
            page: configuration.daemon.listen.map {
                $0.pageURL(hostname: configuration.daemon.listenHosts.first ?? Hostname.current())
            },
            clock: clock,
            log: log
        )
        let setups = channels.setups(
            configuration.channels,
            caFile: configuration.polling.caFile
        )
        self.store = store
        let unreadable = UnreadableRowFilter(stored.unreadable)
        reader = try StoreReader(directory: configuration.daemon.stateDirectory) { row in
            guard let rows = unreadable.add(row) else { return }
            log.note(.unreadable(row))
            Task { await watch.decide { $0.note(unreadable: rows.finding, at: $1) } }
        }
        let courier = Courier(
            outbox: store,
            instance: configuration.daemon.name,
            channels: setups,
            zone: .ofProcess(),
            seed: .random(in: .min ... .max),
            clock: { credible.now() },
            log: { log.error($0) }
        )
        let health = Health(
            watch: watch,
            store: store,
            courier: courier,
            clock: { credible.now() }
        )
        pacemaker = Pacemaker(
            transport: channels.transport,
            healthy: { await health.problemsWithDeliveries() },
            report: { log.note($0, isProblem: $1) },
            judge: { verdict in await watch.decide { $0.judge(heartbeat: verdict, at: $1) } }
        )
        keepers = Keepers(
            clock: clock,
            openAlerts: { await watch.openAlerts(toldTo: $0) },
            report: { log.note($0, isProblem: $1) }
        )
        self.credible = credible
        self.clock = clock
        self.watch = watch
        self.courier = courier
        self.health = health
        self.webhookClient = webhookClient
        self.channels = channels
        self.secrets = secrets
        self.log = log
        self.environment = environment
        self.configuration = configuration
        self.setups = setups
        atStart = configuration.daemon
        self.files = files
        configurationPath = path
        self.serviceManager = serviceManager
        supervision = Supervision(manager: serviceManager, health: health, watch: watch)
        startedAt = now
        loadedAt = now
        _ = await watch.configure(
            configuration,
            addresses: setups.addresses,
            stored: StoredRun(stored, uncertainUntil: uncertainUntil)
        )
        let rowsWereUnreadable =
            stored.subjectAlerts[.daemon]?.contains {
                $0.condition == .storeFailing && $0.severity == .warning
            } == true
        // If all rows can be read now, the alert of the last run ends.
        if !stored.unreadable.isEmpty || rowsWereUnreadable {
            let finding = stored.unreadable.finding
            await watch.decide { $0.note(unreadable: finding, at: $1) }
        }
        // This configuration was loaded, so an earlier rejection has ended.
        await judgeConfiguration([])
        await keepers.use(setups, instance: configuration.daemon.name)
        await useHeartbeat()
        // Reading a configuration takes several times the memory of keeping it.
        clinux_trim_heap()
    }

    /// Runs until `stop` ends, then stops everything in order.
    ///
    /// - Parameters:
    ///   - listeners: open sockets for the status server.
    ///   - stop: a closure that returns when the daemon should end.
    /// - Throws: `ListeningError` when the system has no descriptors left.
    package func run(
        listeners: [ListeningSocket],
        until stop: @escaping @Sendable () async -> Void
    ) async throws {
        let daemon = configuration.daemon
        let routes = StatusRoutes(
            ports(),
            listen: daemon.listen,
            hosts: daemon.listenHosts,
            oldMetricNames: daemon.oldMetricNames
        )
        let server = HTTPServer(limits: HTTPLimits(files)) { await routes.answer($0) }
        self.server = server
        for listener in listeners { try await server.serve(listener: listener) }
        let count = configuration.tokens.count
        log.info(
            "tokenwatchd \(Version.number) watches \(count) \(count == 1 ? "token" : "tokens")"
        )
        serviceManager.ready(status: await supervision.line())
        ResidentCode.release()
        let (watch, courier, store, log, signal) = (watch, courier, store, log, signal)
        warnOfSecrets()
        let supervision = supervision
        let steps = ClockSteps(on: watch.executor.queue) {
            watch.assumeIsolated { $0.clockWasSet() }
            courier.wake()
        }
        defer { withExtendedLifetime(steps) {} }
        defer { patience = nil }
        let commits = CommitSteps(
            commit: { commit in
                defer { for remark in store.takeRemarks() { log.warning(remark) } }
                try await courier.commit(commit.events) {
                    for (channel, count) in try await store.commit(commit.batch) {
                        log.error(
                            "channel \(channel): dropped \(count) deliveries, because more than "
                                + "\(Store.longestOutbox) are pending"
                        )
                    }
                }
            },
            committed: { events in
                for event in events {
                    log.debug("\(event.phase.rawValue): \(event.summary)")
                }
                guard !events.isEmpty else { return }
                courier.wake()
                supervision.somethingChanged()
                await signal.fire()
            },
            failed: { error, dropped in
                log.error("the state cannot be written: \(error)")
                if dropped > 0 {
                    log.error(
                        "\(dropped) events are lost: the limit in memory is reached"
                    )
                }
            },
            sendUnwritten: { await courier.send(unwritten: $0) }
        )
        await withDiscardingTaskGroup { group in
            group.addTask { await watch.run(commits) }
            group.addTask {
                await courier.run { health in await self.judgeChannels(health) }
            }
            group.addTask { await self.keepers.run() }
            group.addTask { await self.pacemaker.run() }
            group.addTask { await self.pruneDaily() }
            group.addTask { await supervision.run() }
            await watch.start()
            await stop()
            serviceManager.stopping()
            patience = TimeoutExtension(serviceManager, "stopping")
            await server.stop()
            await watch.stop()
            await courier.stop()
            group.cancelAll()
        }
        await webhookClient.shutdown()
        await reader.close()
        do {
            try await store.close()
        } catch {
            log.error("\(error)")
        }
        log.info("stopped")
    }
}
