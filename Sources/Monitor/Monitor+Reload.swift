import Alerting
import CLinux
import HTTP
import Store

/// The takeover of a changed configuration.
extension Monitor {
    /// Reloads the configuration; a configuration with errors changes nothing.
    ///
    /// Reloads run one after the other: files may change after an earlier reload has read them.
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

    func takeConfiguration() async -> StatusPorts.ReloadResult {
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
            let errors = error as? ConfigurationErrors
            let lines = errors?.all.map(\.description) ?? ["\(error)"]
            configurationError = lines.first
            await judgeConfiguration(lines)
            log.error("the configuration was rejected; the old one stays in use")
            for line in lines { log.error(line) }
            for warning in errors?.warnings ?? [] { log.warning(warning.description) }
            return .refused(errors?.lines ?? lines)
        }
        let new = loaded.configuration
        let notes =
            new.warnings.map(\.description) + new.notes(after: atStart)
            + [loaded.warning].compactMap(\.self)
        // The time zone of quiet hours may have changed.
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
        // The background also frees the replaced values: 100,000 tokens would delay requests.
        Background.start { withExtendedLifetime(loaded) {} }
        await keepers.use(setups, instance: new.daemon.name)
        await useHeartbeat()
        Background.start { clinux_trim_heap() }
        log.info(
            "reloaded: tokens: \(change.added.count) added, \(change.removed.count) removed, "
                + "\(change.changed.count) changed; channels: \(channelChange.added.count) added, "
                + "\(channelChange.removed.count) removed, \(channelChange.changed.count) changed"
        )
        for note in notes { log.warning(note) }
        return .changed(change, channels: channelChange, notes: notes)
    }

    /// A configuration that is ready for use.
    struct Loaded: Sendable {
        let configuration: Configuration
        let plan: RosterPlan
        /// The warning about the limit of open files.
        let warning: String?
    }

    /// Loads the configuration and plans the change, while everything else continues.
    func load() async throws -> Loaded {
        let (path, environment, secrets, files) = (configurationPath, environment, secrets, files)
        let names = Set(configuration.channels.map(\.name))
        let (roster, sources) = await watch.inUse
        return try await Background.run { () -> Result<Loaded, ConfigurationErrors> in
            do throws(ConfigurationErrors) {
                var new = try Configuration.load(
                    path: path,
                    context: .ofDaemon(environment),
                    secrets: secrets
                )
                let warning = new.fit(files)
                let plan = RosterPlan(
                    from: roster,
                    sources,
                    to: new.tokens,
                    new.inventories,
                    channels: names.intersection(new.channels.map(\.name))
                )
                // The watch holds the tokens now.
                new.tokens = []
                return .success(Loaded(configuration: new, plan: plan, warning: warning))
            } catch {
                return .failure(error)
            }
        }.get()
    }

    /// Applies the heartbeat of the configuration in use.
    func useHeartbeat() async {
        do {
            let settings = try channels.heartbeat(configuration.heartbeat)
            try await pacemaker.use(settings)
            if settings == nil {
                await watch.decide {
                    $0.endHeartbeatAlert("the heartbeat was removed", at: $1)
                }
            }
        } catch {
            let problem = "heartbeat.url: \(error); the heartbeat is off"
            log.error(problem)
            try? await pacemaker.use(nil)
            await watch.decide { $0.judge(heartbeat: .failing(error: problem), at: $1) }
        }
    }

    /// Raises or ends `config_rejected`.
    func judgeConfiguration(_ errors: [String]) async {
        let findings = errors.first.map { first in
            let more = errors.count > 1 ? " (and \(errors.count - 1) more)" : ""
            return Finding(
                .configRejected,
                .warning,
                "tokenwatchd: the configuration was rejected, the old one is in use: \(first)\(more)",
                details: [Detail("errors", .texts(errors))]
            )
        }
        await watch.decide {
            $0.judge(.daemon, [.configRejected], findings.map { [$0] } ?? [], at: $1) { _ in
                "a configuration was loaded"
            }
        }
    }
}
