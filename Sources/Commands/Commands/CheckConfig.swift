import Alerting
import Monitor

extension Command {
    static let checkConfig = Command(
        "check-config",
        "check the configuration and report every error",
        options: [
            .config, Option("no-secrets", help: "do not read the secrets"),
            Option("strict", help: "exit with 78 for warnings too"), .json,
        ],
        notes: [
            "It reads the secrets as the user who runs it: run it as root or as the daemon's user. As "
                + "root it checks what the user tokenwatchd may read, if that user exists."
        ],
        exitStatuses: [
            (ExitStatus.ok, "no errors"),
            (
                ExitStatus.configuration,
                "errors, or warnings with --strict; all are on standard error"
            ),
        ]
    ) { arguments, session in
        let verdict = ConfigurationVerdict(
            path: arguments["config"],
            looksAtSecrets: !arguments.has("no-secrets"),
            session
        )
        if arguments.has("json") {
            session.console.print(json: verdict.json)
        } else {
            session.console.complain(verdict.complaints)
            if let summary = verdict.summary { session.console.print(summary) }
        }
        let isRefused = arguments.has("strict") && !verdict.warnings.isEmpty
        return verdict.errors.isEmpty && !isRefused ? ExitStatus.ok : ExitStatus.configuration
    }
}

/// The result of checking a configuration.
private struct ConfigurationVerdict {
    var errors: [Diagnostic] = []
    var warnings: [Diagnostic] = []
    /// The number of tokens with a secret of their own.
    var tokens = 0
    var inventories = 0
    var channels = 0

    init(path: String?, looksAtSecrets: Bool, _ session: Session) {
        do {
            let configuration = try session.configuration(
                path,
                secrets: looksAtSecrets
                    ? SecretReader(environment: session.environment, for: .service) : nil
            )
            warnings = configuration.warnings
            inventories = configuration.inventories.count
            tokens = configuration.tokens.count - inventories
            channels = configuration.channels.count
        } catch {
            errors = error.all
            warnings = error.warnings
        }
    }

    var complaints: [String] {
        errors.map(\.description) + warnings.map { "warning: \($0)" }
    }

    /// The summary; nil if the configuration cannot be used.
    var summary: String? {
        guard errors.isEmpty else { return nil }
        let lists =
            switch inventories {
            case 0: ""
            case 1: "1 inventory, "
            default: "\(inventories) inventories, "
            }
        return "ok: \(counted(tokens, "token")), \(lists)\(counted(channels, "channel"))"
    }

    var json: [UInt8] {
        JSONWriter.bytes { json in
            json.object { json in
                json.field("ok", errors.isEmpty)
                json.field("tokens", tokens)
                json.field("inventories", inventories)
                json.field("channels", channels)
                json.field("errors", errors.map(\.description))
                json.field("warnings", warnings.map(\.description))
            }
        }
    }
}
