import Alerting
import Formats
import Monitor

extension Command {
    static let reload = Command(
        "reload",
        "reload the configuration and show what changed",
        options: Option.ofClient,
        notes: [
            "It does the same as SIGHUP, but waits for the result. The daemon rejects a configuration "
                + "with an error and keeps the old one."
        ],
        exitStatuses: [
            (ExitStatus.ok, "loaded"), (ExitStatus.unknown, "no daemon"),
            (ExitStatus.configuration, "rejected; every error is on standard error"),
        ]
    ) { arguments, session in
        let client = try DaemonClient(arguments, session)
        // Checking a hundred thousand secrets takes time.
        let answer = try await client.ask("/v1/reload", method: "POST", timeout: .seconds(300))
        let isRefused = answer.status == 422
        if !isRefused { _ = try answer.expected() }
        let json = try answer.json()
        if isRefused, !arguments.has("json") {
            session.console.complain(ReloadLines.refused(json))
        } else {
            try await session.print(answer.body, arguments, client) { canvas in
                ReloadLines.changed(json, width: canvas.width)
            }
        }
        return isRefused ? ExitStatus.configuration : ExitStatus.ok
    }
}

/// The lines about the result of a reload.
enum ReloadLines {
    static func changed(_ json: JSONValue, width: Int?) -> [String] {
        let groups = ["added", "removed", "changed"].map { (name: $0, ids: json.texts($0) ?? []) }
            .filter { !$0.ids.isEmpty }
        let counts = groups.map { "\(grouped($0.ids.count)) \($0.name)" }
        let channels = ["added", "removed", "changed"].map { change in
            (name: change, channels: json["channels"]?.texts(change) ?? [])
        }
        .filter { !$0.channels.isEmpty }
        let channelCounts = channels.map { "\($0.channels.count) \($0.name)" }
        var lines = [
            "Reloaded: "
                + (counts.isEmpty ? "no tokens changed" : counts.joined(separator: ", "))
                + (channels.isEmpty
                    ? "." : "; channels: \(channelCounts.joined(separator: ", ")).")
        ]
        for (name, ids) in groups {
            let start = DisplayWidth.padded("  \(name)", to: 11)
            lines += TextWrap.lines(ids.joined(separator: ", "), after: start, width: width)
        }
        for (name, channels) in channels {
            let word = channels.count == 1 ? "channel" : "channels"
            lines.append("  \(name) \(word): \(channels.joined(separator: ", "))")
        }
        return lines + (json.texts("notes") ?? [])
    }

    /// Returns how to keep the channel that the daemon used only because there was no other.
    ///
    /// The daemon chooses it by its own standard error and log daemon, so its answer decides.
    static func lostDefault(_ json: JSONValue, _ configuration: Configuration) -> [String] {
        let names = Set(configuration.channels.map(\.name))
        return (json["channels"]?.texts("removed") ?? [])
            .filter { UsualChannel(rawValue: $0) != nil && !names.contains($0) }
            .map(defaultIsOff)
    }

    static func defaultIsOff(_ channel: String) -> String {
        "The default channel \(channel) is off; to keep it, add [channels.\(channel)] with "
            + "type = \"\(channel)\"."
    }

    static func refused(_ json: JSONValue) -> [String] {
        let errors = json.texts("errors") ?? []
        return errors.isEmpty ? [json.text("detail") ?? "the daemon rejected it"] : errors
    }
}
