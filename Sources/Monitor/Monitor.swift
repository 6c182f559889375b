import Alerting
import CLinux
import Glibc

/// The daemon, composed: the one place that names all parts together.
package actor Monitor {
    private let log: Log
    private let environment: [String: String]
    private let serviceManager: ServiceManager
    private let store: Store
    private let reader: StoreReader
    private let watch: Watch
    private let courier: Courier
    private let channels: ChannelFactory
    private let keepers: Keepers
    private let pacemaker: Pacemaker
    private let health: Health
    private let supervision: Supervision
    private let secrets: SecretReader
    private let webhookClient: HTTPClient
    private let startedAt: Instant
    private let credible: CredibleClock
    /// The time that counts.
    private let clock: @Sendable () -> Instant
    private let signal = EventSignal()
    /// Nil until `run`.
    private var server: HTTPServer?

    private let configurationPath: String?
    private var configuration: Configuration
    /// The channels that were made of it.
    private var setups: [ChannelSetup]
    /// What of it was taken at the start, and is in use until the end.
    private let atStart: DaemonSettings
    private let files: OpenFiles
    private var loadedAt: Instant
    private var configurationError: String?
    private var isReloading = false
    /// Reloads that wait for the one under way.
    private var waitingReloads: [CheckedContinuation<Void, Never>] = []
    /// Asks for time to reload or to stop; nil while neither goes on.
    private var patience: TimeoutExtension?

    /// Opens the state and makes every part; nothing runs yet.
    ///
    /// - Parameters:
    ///   - configuration: as it was loaded from `path`.
    ///   - path: as it was named; nil for the usual place.
    ///   - environment: of the process.
    ///   - serviceManager: is told how the daemon is.
    ///   - files: how many may be open.
    ///   - log: for the daemon's own words.
    /// - Throws: `StoreError` where the state cannot be used, `CertificateBundleError` where
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
        // A run that was cut off may have polled what was not written any more. The store has it
        // too, for the next run may begin before anything else of a token is written.
        let uncertainUntil = stored.wasStoppedInOrder ? nil : now + clockTolerance
        if let uncertainUntil { try await store.noteUncertainUse(until: uncertainUntil) }
        let executor = QueueExecutor(label: "tokenwatchd.watch")
        let secrets = SecretReader(environment: environment)
        let watchPorts = Watch.Ports(
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
            page: configuration.daemon.listen.map { $0.pageURL(hostname: Hostname.current()) },
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
            Task { await watch.note(unreadable: rows) }
        }
        let courier = Courier(
            outbox: StoreOutbox(store: store),
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
            judge: { await watch.judgeHeartbeat($0) }
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
            stored: uncertainUntil.map { instant in
                stored.tokens.mapValues { state in
                    var state = state
                    state.use.uncertainUntil = instant
                    return state
                }
            } ?? stored.tokens,
            storedSubjects: stored.subjectAlerts,
            addresses: setups.addresses,
            storedChannels: stored.channels,
            storedMutes: stored.mutes,
            newestStored: stored.newestInstant,
            dispute: stored.clockDispute
        )
        let rowsWereUnreadable =
            stored.subjectAlerts[.daemon]?.contains {
                $0.condition == .storeFailing && $0.severity == .warning
            } == true
        // If all can be read now, the alert of the last run is over.
        if !stored.unreadable.isEmpty || rowsWereUnreadable {
            await watch.note(unreadable: stored.unreadable)
        }
        // A refusal of an earlier run is over: this configuration was loaded.
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
    ///   - stop: returns when the daemon is to end.
    /// - Throws: `ListeningError` when the system has no descriptors left.
    package func run(
        listeners: [ListeningSocket],
        until stop: @escaping @Sendable () async -> Void
    ) async throws {
        let daemon = configuration.daemon
        let routes = StatusRoutes(ports(), listen: daemon.listen, hosts: daemon.listenHosts)
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
        await withDiscardingTaskGroup { group in
            group.addTask {
                await watch.run(
                    commit: { commit in
                        defer { for remark in store.takeRemarks() { log.warning(remark) } }
                        try await courier.commit(commit.batch.events) {
                            for (channel, count) in try await store.commit(commit.batch) {
                                log.error(
                                    "channel \(channel): \(count) deliveries are given up, for more than "
                                        + "\(Store.longestOutbox) wait"
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
                            log.error("\(dropped) events are lost to the record: there is no room")
                        }
                    },
                    sendUnwritten: { await courier.send(unwritten: $0) }
                )
            }
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

    /// Warns of every secret that cannot be used; to read 100,000 of them takes seconds.
    private func warnOfSecrets() {
        let (configuration, secrets, log) = (configuration, secrets, log)
        // The watch has them.
        self.configuration.tokens = []
        Background.start {
            for error in configuration.secretErrors(secrets) { log.warning(error.description) }
        }
    }

    /// Removes what is older than the configuration keeps, once a day and soon after the start, and
    /// the oldest of a record that has grown too large, within a minute.
    private func pruneDaily() async {
        var minutes = 10
        while (try? await Task.sleep(for: .minutes(1))) != nil {
            minutes -= 1
            do {
                if minutes <= 0 {
                    minutes = 24 * 60
                    _ = try await store.prune(
                        now: clock(),
                        keep: configuration.historyKeep
                    )
                }
                guard store.figures().size > Store.largestDatabase else { continue }
                let count = try await store.trim(to: Store.largestDatabase)
                guard count > 0 else { continue }
                log.warning(
                    "the state is larger than \(Store.largestDatabase >> 20) MiB: the \(count) "
                        + "oldest entries of the history were removed, although history.keep has not "
                        + "passed"
                )
            } catch {
                log.error("old history cannot be removed: \(error)")
            }
        }
    }

    // MARK: - Reloading

    /// Reads the configuration again; one that is wrong changes nothing.
    ///
    /// One after the other: the files may have changed since the one under way has read them.
    package func reload() async -> StatusPorts.ReloadResult {
        while isReloading { await withCheckedContinuation { waitingReloads.append($0) } }
        isReloading = true
        defer {
            isReloading = false
            for waiting in waitingReloads { waiting.resume() }
            waitingReloads = []
        }
        serviceManager.reloading()
        patience = TimeoutExtension(serviceManager, "reloading")
        let result = await takeConfiguration()
        patience = nil
        serviceManager.ready(status: await supervision.line())
        return result
    }

    private func takeConfiguration() async -> StatusPorts.ReloadResult {
        let loaded: Loaded
        do {
            loaded = try await load()
            let new = loaded.configuration
            if new.polling.clientSettings != configuration.polling.clientSettings {
                try await watch.use(
                    HTTPClient(settings: new.polling.clientSettings, executor: watch.executor)
                )
            }
        } catch {
            let lines = (error as? ConfigurationErrors)?.all.map(\.description) ?? ["\(error)"]
            configurationError = lines.first
            await judgeConfiguration(lines)
            log.error("the configuration is refused; the old one stays in use")
            for line in lines { log.error(line) }
            return .refused(lines)
        }
        let new = loaded.configuration
        let notes = new.notes(after: atStart) + [loaded.warning].compactMap(\.self)
        // The zone of quiet hours may have been set meanwhile.
        _ = LocalTime.ofProcess()
        let setups = channels.setups(new.channels, caFile: new.polling.caFile)
        let channelChange = ChannelChange(
            from: configuration.channels,
            self.setups,
            to: new.channels,
            setups
        )
        configuration = new
        self.setups = setups
        configurationError = nil
        await judgeConfiguration([])
        loadedAt = clock()
        await store.use(instance: new.daemon.name)
        await courier.reconfigure(channels: setups)
        let change = await watch.configure(
            new,
            plan: loaded.plan,
            addresses: setups.addresses
        )
        await keepers.use(setups, instance: new.daemon.name)
        await useHeartbeat()
        Background.start { clinux_trim_heap() }
        log.info(
            "reloaded: \(change.added.count) added, \(change.removed.count) removed, "
                + "\(change.changed.count) changed; channels: \(channelChange.added.count) added, "
                + "\(channelChange.removed.count) removed, \(channelChange.changed.count) changed"
        )
        for note in notes { log.warning(note) }
        return .changed(change, channels: channelChange, notes: notes)
    }

    /// A configuration that can be put in place.
    private struct Loaded: Sendable {
        let configuration: Configuration
        let plan: RosterPlan
        /// What is to be said of the limit of open files.
        let warning: String?
    }

    /// Loads the configuration and plans the change to it, while everything else goes on.
    private func load() async throws -> Loaded {
        let (path, environment, secrets, files) = (configurationPath, environment, secrets, files)
        let (roster, sources) = await watch.inUse
        return try await Background.run { () -> Result<Loaded, ConfigurationErrors> in
            do throws(ConfigurationErrors) {
                var new = try Configuration.load(
                    path: path,
                    context: ConfigurationContext(
                        environment: environment,
                        hostname: Hostname.current(),
                        usualChannel: .ofDaemon()
                    ),
                    secrets: secrets
                )
                let warning = new.fit(files)
                let plan = RosterPlan(from: roster, sources, to: new.tokens)
                // The watch has them from now on.
                new.tokens = []
                return .success(Loaded(configuration: new, plan: plan, warning: warning))
            } catch {
                return .failure(error)
            }
        }.get()
    }

    /// Pings as the configuration in use has it.
    private func useHeartbeat() async {
        do {
            let settings = try channels.heartbeat(configuration.heartbeat)
            try await pacemaker.use(settings)
            if settings == nil { await watch.endHeartbeatAlert("there is no heartbeat any more") }
        } catch {
            let problem = "heartbeat.url: \(error); nothing is pinged"
            log.error(problem)
            try? await pacemaker.use(nil)
            await watch.judgeHeartbeat(.failing(error: problem))
        }
    }

    /// Raises or ends `config_rejected`.
    private func judgeConfiguration(_ errors: [String]) async {
        let findings = errors.first.map { first in
            let more = errors.count > 1 ? " (and \(errors.count - 1) more)" : ""
            return Finding(
                .configRejected,
                .warning,
                "tokenwatchd: the configuration was refused, the old one is in use: \(first)\(more)",
                details: [Detail("errors", .texts(errors))]
            )
        }
        await watch.judge(.daemon, [.configRejected], findings.map { [$0] } ?? []) { _ in
            "a configuration was loaded"
        }
    }

    /// Raises or ends `channel_failing` of each channel; what is not known yet stays as it is.
    private func judgeChannels(_ health: [String: ChannelHealth]) async {
        let now = credible.now()
        for (name, health) in health {
            let findings: [Finding]
            switch health {
            case .unknown: continue
            case .well: findings = []
            case .failing(let trouble): findings = [trouble.finding(channel: name, at: now)]
            }
            let isNew = await watch.judge(
                .channel(name),
                [.channelFailing],
                findings,
                policy: configuration.policy(forTroubleOf: name)
            ) { _ in "it delivers again" }
            guard isNew, let finding = findings.first else { continue }
            log.warning(finding.summary)
            if !configuration.channels.contains(where: \.isLog) { await tellSystemLog(finding) }
        }
    }

    /// Writes to the machine's log past all channels, which have none: the last to hear of trouble.
    private func tellSystemLog(_ finding: Finding) async {
        let now = clock()
        let event = Event(
            id: await watch.nextEventID(),
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

    // MARK: - What the status socket shows

    private func ports() -> StatusPorts {
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

    /// Tests channels and the heartbeat; all of them if none is named.
    private func test(_ names: [String]) async -> [ChannelTest] {
        let heartbeat = ChannelTest.heartbeat
        let isChannel = configuration.channels.contains { $0.name == heartbeat }
        let isAsked = names.isEmpty || (names.contains(heartbeat) && !isChannel)
        async let ping = isAsked ? pacemaker.test() : nil
        let channels = names.filter {
            $0 != heartbeat || isChannel || configuration.heartbeat == nil
        }
        var tests: [ChannelTest] = []
        if names.isEmpty || !channels.isEmpty {
            tests = await courier.test(channels: channels, event: await watch.nextEventID())
        }
        if let result = await ping {
            tests.append(ChannelTest(channel: heartbeat, result: result))
        }
        return tests
    }

    private func overview() async -> StatusPorts.Overview {
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

    private func figures() async -> DaemonFigures {
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

extension [ChannelSetup] {
    /// Where the channels lead, by their names; without those whose address cannot be read now.
    fileprivate var addresses: [String: SecretDigest] {
        Dictionary(
            compactMap { setup in setup.address.map { (setup.channel.name, $0) } },
            uniquingKeysWith: { first, _ in first }
        )
    }
}

extension PollingSettings {
    /// The HTTP client's share of the settings.
    var clientSettings: HTTPClientSettings {
        HTTPClientSettings(
            proxy: proxy,
            caFile: caFile,
            perHostConnections: perHost,
            totalConnections: concurrency,
            userAgent: "tokenwatchd/\(Version.number)"
        )
    }
}

extension Configuration {
    /// What a reload cannot change, and is not as it was at the start.
    fileprivate func notes(after old: DaemonSettings) -> [String] {
        var keys: [String] = []
        if daemon.stateDirectory != old.stateDirectory { keys.append("state_dir") }
        if daemon.socketPath != old.socketPath { keys.append("socket") }
        if daemon.socketMode != old.socketMode { keys.append("socket_mode") }
        if daemon.listen != old.listen { keys.append("listen") }
        if daemon.listenHosts != old.listenHosts { keys.append("listen_hosts") }
        if daemon.logLevel != old.logLevel { keys.append("log_level") }
        return keys.map { "daemon.\($0) was changed; it takes effect at the next start" }
    }
}

extension Log {
    fileprivate func note(_ remark: StoreRemark) {
        if remark.isError { error("\(remark)") } else { warning("\(remark)") }
    }
}
