import Alerting
import Formats
import Monitor
import Store
import System

/// The result of a reload after a change.
enum ReloadOutcome {
    /// The daemon loaded the new configuration; the value is its answer.
    case taken(JSONValue)
    /// The daemon rejected the new configuration, for all of these reasons.
    case refused([String])
    case noDaemon
    /// A daemon may run, but could not be reached for this reason.
    case untold(String)
}

extension DaemonClient {
    /// Reloads, if a daemon runs.
    func reload() async -> ReloadOutcome {
        do throws(Failure) {
            // Checking a hundred thousand secrets takes time.
            let answer = try await askIfRunning(
                "/v1/reload",
                method: "POST",
                body: [],
                timeout: .seconds(300)
            )
            guard let answer else { return .noDaemon }
            let isRefused = answer.status == 422
            if !isRefused { _ = try answer.expected() }
            let json = try answer.json()
            return isRefused ? .refused(ReloadLines.refused(json)) : .taken(json)
        } catch {
            return .untold(error.reason)
        }
    }

    /// Whether the daemon watches a token; nil if that is unknown.
    fileprivate func watches(_ id: TokenID) async -> Bool? {
        switch try? await ask("/v1/tokens/\(id)").status {
        case 200: true
        case 404: false
        default: nil
        }
    }
}

extension DaemonClient {
    /// Waits for the daemon's first poll of a token, so that the next command shows its result.
    func untilPolled(_ id: TokenID, within limit: Duration) async {
        let end = SystemClock.now().moment + limit
        while SystemClock.now().moment < end {
            guard let token = try? await tokenIfWatched(id), token.lastPollAt == nil,
                (try? await Task.sleep(for: .milliseconds(20))) != nil
            else { return }
        }
    }
}

/// The final step of a command that has changed the configuration.
struct ChangedConfiguration {
    let client: DaemonClient
    private let configuration: Configuration
    private let arguments: Arguments
    private let session: Session

    /// Uses the daemon of an option, or otherwise of a configuration.
    init(
        _ configuration: Configuration,
        _ arguments: Arguments,
        _ session: Session
    ) throws {
        client = try DaemonClient(arguments, configuration)
        self.configuration = configuration
        self.arguments = arguments
        self.session = session
    }

    /// Reloads the daemon, or shows how to start one.
    ///
    /// - Parameters:
    ///   - group: `added` or `removed`, the part of the daemon's answer that must name the token.
    ///   - id: the token's id, or the channel's name.
    ///   - kind: whether it is a token or a channel.
    ///   - undo: restores the earlier files.
    /// - Returns: the exit status.
    /// - Throws: the errors of `undo`.
    func take(
        _ group: String,
        _ id: TokenID,
        of kind: ConfigurationEntry.Kind = .token,
        undo: () throws -> Void
    ) async throws -> Int32 {
        switch await client.reload() {
        case .taken(let json):
            let width = session.console.width
            let lead = await client.clockOverview().clockLines(width: width)
            session.console.print(lead + ReloadLines.changed(json, width: width))
            if kind == .channel, group == "added" {
                session.console.print(ReloadLines.lostDefault(json, configuration))
            }
            // Another reload has read the channel already.
            if kind == .channel { return ExitStatus.ok }
            if json[group]?.elements?.contains(where: { $0.string == id.text }) == true {
                return ExitStatus.ok
            }
            // Another reload, or the start of the daemon, may have been the first to read it.
            let isWatched = await client.watches(id)
            guard isWatched != (group == "added") else { return ExitStatus.ok }
            session.console.complain([
                "tokenwatchd: the daemon on \(client.socketPath.escapedForTerminal) has not "
                    + "\(group) \(id): it may use another configuration; see: tokenwatchd check-config"
            ])
            return ExitStatus.warning
        case .refused(let lines):
            try undo()
            // The daemon has raised an alert about the rejected configuration.
            _ = await client.reload()
            session.console.complain(
                lines + ["tokenwatchd: the daemon rejected the change; nothing was changed"]
            )
            return ExitStatus.configuration
        case .noDaemon:
            if kind == .channel, group == "added", configuration.channels.count == 1 {
                session.console.print(ReloadLines.defaultIsOff(session.usualChannel.rawValue))
            }
            session.console.print(
                "The daemon is not running. Start it with: \(SocketProblem.start(arguments["config"]))"
            )
            return ExitStatus.ok
        case .untold(let reason):
            session.console.complain([
                "tokenwatchd: the daemon has not loaded it yet: \(reason)",
                "tokenwatchd: load it with: tokenwatchd reload",
            ])
            return ExitStatus.warning
        }
    }
}
