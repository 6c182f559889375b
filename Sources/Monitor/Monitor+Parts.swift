import Alerting
import HTTP
import Store

extension [ChannelSetup] {
    /// The digests of the channels' addresses, by name, without addresses that cannot be read now.
    var addresses: [String: SecretDigest] {
        Dictionary(
            compactMap { setup in setup.address.map { (setup.channel.name, $0) } },
            uniquingKeysWith: { first, _ in first }
        )
    }
}

extension PollingSettings {
    /// The settings for the HTTP client.
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
    /// Returns the changed settings that a reload cannot apply.
    func notes(after old: DaemonSettings) -> [String] {
        var keys: [String] = []
        if daemon.stateDirectory != old.stateDirectory { keys.append("state_dir") }
        if daemon.socketPath != old.socketPath { keys.append("socket") }
        if daemon.socketMode != old.socketMode { keys.append("socket_mode") }
        if daemon.listen != old.listen { keys.append("listen") }
        if daemon.listenHosts != old.listenHosts { keys.append("listen_hosts") }
        if daemon.oldMetricNames != old.oldMetricNames { keys.append("old_metric_names") }
        if daemon.logLevel != old.logLevel { keys.append("log_level") }
        return keys.map { "daemon.\($0) was changed; it takes effect at the next start" }
    }
}

extension Log {
    func note(_ remark: StoreRemark) {
        if remark.isError { error("\(remark)") } else { warning("\(remark)") }
    }
}
