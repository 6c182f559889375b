package import Alerting
import Monitor

/// The environment of a command: output, clock, variables, configuration.
package struct Session: Sendable {
    package let console: Console
    package let environment: [String: String]
    package let hostname: String
    package let clock: @Sendable () -> Instant
    /// The user who logged in, even under sudo; nil if nobody did.
    var loginName: @Sendable () -> String? = { nil }
    /// The channel of a configuration without channels.
    var usualChannel = UsualChannel.syslog
    /// Runs the daemon until it is stopped, and returns its exit status.
    package let runDaemon:
        @Sendable (_ configuration: String?, _ environment: [String: String]) async -> Int32

    /// Reads the configuration.
    ///
    /// `edit` is a change of the files that is checked before it is made; given `secrets` are
    /// checked, too.
    func configuration(
        _ path: String?,
        edit: ConfigurationEdit? = nil,
        secrets: SecretReader? = nil
    ) throws(ConfigurationErrors) -> Configuration {
        try Configuration.load(
            path: path,
            context: ConfigurationContext(
                environment: environment,
                hostname: hostname,
                usualChannel: usualChannel
            ),
            edit: edit,
            secrets: secrets
        )
    }

    /// Reads the configuration for a command that cannot run without it.
    func usableConfiguration(
        _ path: String?,
        edit: ConfigurationEdit? = nil
    ) throws(Failure) -> Configuration {
        do {
            return try configuration(path, edit: edit)
        } catch {
            throw Failure(error)
        }
    }
}

/// The reason why a command failed.
struct Failure: Error, Hashable {
    let lines: [String]
    let status: Int32

    init(_ line: String, status: Int32 = ExitStatus.unknown) {
        lines = ["tokenwatchd: \(line)"]
        self.status = status
    }

    /// Creates a failure with several lines, each without the program's name.
    init(all lines: [String], status: Int32) {
        self.lines = lines.map { "tokenwatchd: \($0)" }
        self.status = status
    }

    /// The first line without the program's name.
    var reason: String {
        let line = lines.first ?? ""
        let name = "tokenwatchd: "
        return line.hasPrefix(name) ? String(line.dropFirst(name.count)) : line
    }

    /// Creates a failure with the errors of a configuration, unchanged.
    init(_ errors: ConfigurationErrors) {
        lines = errors.lines
        status = ExitStatus.configuration
    }

    /// Returns the failure for an unknown id, with the most similar known one.
    static func unknownToken(
        _ id: String,
        known: [String],
        status: Int32 = ExitStatus.unknown
    ) -> Failure {
        let hint = NearestName.hint(id, among: known)
        return Failure("there is no token \"\(id.escapedForTerminal)\"\(hint)", status: status)
    }
}
