import Alerting
import Glibc
import Monitor
import Store

extension Command {
    static let simulate = Command(
        "simulate",
        "list the notifications of the coming days, if nothing changes",
        options: [
            Option("days", "N", help: "how many days to simulate, 1 to 3660; default 30"),
            Option(
                "config",
                "NEW",
                help: "compare with this configuration"
            ),
            Option(
                "current",
                "FILE",
                help: "the configuration in use; default /etc/tokenwatchd/tokenwatchd.toml"
            ),
            .json,
        ],
        notes: [
            "It runs the daemon's own decisions from the stored state, with a clock that runs ahead, and "
                + "repeats each token's last answer. It sends, stores and polls nothing.",
            "With --config, lines that begin with + are additional notifications, and lines with - no "
                + "longer happen. Without a configuration in the usual place and without --current, "
                + "--config names the one in use, and nothing is compared.",
            "It shows when quiet hours delay a notification, and when several become one message. Quiet "
                + "hours use the time zone of this command.",
            "The command also reads the conf.d directory next to NEW: copy that, too.",
            "It reads the state from its directory: run it as root or as the daemon's user.",
        ],
        exitStatuses: [
            (ExitStatus.ok, "done"),
            (ExitStatus.cannotWrite, "the state cannot be read"),
            (ExitStatus.configuration, "a configuration cannot be used"),
        ]
    ) { arguments, session in
        let days = try days(arguments["days"])
        // Without a current configuration to compare with, `--config` names the new one.
        let isAlone = arguments["current"] == nil && !hasUsual(session)
        let configuration = try session.usableConfiguration(
            isAlone ? arguments["config"] : arguments["current"]
        )
        let new =
            isAlone
            ? nil
            : try arguments["config"].map { path throws(Failure) in
                try session.usableConfiguration(path)
            }
        if (new ?? configuration).tokens.isEmpty {
            let path = (new ?? configuration).files.first ?? "the configuration"
            session.console.complain([
                "tokenwatchd: warning: \(path.escapedForTerminal): no tokens configured, neither in it "
                    + "nor in conf.d next to it"
            ])
        }
        let stored: StoredState
        do {
            let reader = try StoreReader(directory: configuration.daemon.stateDirectory)
            stored = try await reader.state()
            await reader.close()
        } catch let error as StoreError {
            throw Failure(
                "\(error); run this "
                    + (geteuid() == 0 ? "" : "as root or as the daemon's user, ")
                    + "after the daemon has run once",
                status: ExitStatus.cannotWrite
            )
        }
        let now = session.clock()
        let end = now + .days(days)
        let zone = LocalTime.ofProcess()
        let forecast = Forecast(configuration, stored, from: now, until: end, zone: zone)
        let other = new.map { Forecast($0, stored, from: now, until: end, zone: zone) }
        if arguments.has("json") {
            let json = JSONWriter.bytes { forecast.write(into: &$0, comparedTo: other) }
            session.console.print(json: json)
            return ExitStatus.ok
        }
        let lead = Self.lead(stored, width: session.console.width)
        let screen = ForecastScreen(
            forecast: forecast,
            other: other,
            canvas: session.canvas(at: now)
        )
        session.console.show(lead + screen.lines)
        return ExitStatus.ok
    }

    /// Returns the warning that this machine's clock was wrong when the state was written.
    private static func lead(_ stored: StoredState, width: Int?) -> [String] {
        guard let dispute = stored.clockDispute, dispute.belief != .local else { return [] }
        let text =
            "This machine's clock was wrong when the daemon last wrote its state: it differs from "
            + "\(dispute.hosts.listed()). The times below are by this machine's clock."
        return TextWrap.lines(text.escapedForTerminal, width: width ?? .max) + [""]
    }

    /// Whether there is a configuration in the default place.
    private static func hasUsual(_ session: Session) -> Bool {
        let folder = Configuration.folder(path: nil, environment: session.environment)
        return access("\(folder)/tokenwatchd.toml", F_OK) == 0
    }

    private static func days(_ text: String?) throws(UsageError) -> Int64 {
        guard let text else { return 30 }
        guard let days = Int64(text), (1...3660).contains(days) else {
            throw UsageError(
                "--days is \"\(text.escapedForTerminal)\"; it must be a number, 1 to 3660",
                command: "simulate"
            )
        }
        return days
    }
}
