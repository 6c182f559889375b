import Alerting
import Monitor
import Store

extension Command {
    static let backup = Command(
        "backup",
        "copy the state to a file, while the daemon runs",
        operands: [.one("FILE")],
        options: [.config],
        notes: [
            "The copy is consistent and readable only by you. An existing file is never replaced. "
                + "Run it as root or as the daemon's user.",
            "To restore it: stop the daemon, replace state.db in the state directory with it, owned by "
                + "the daemon's user, remove state.db-wal and state.db-shm, and start.",
        ],
        exitStatuses: [
            (ExitStatus.ok, "copied"), (ExitStatus.cannotWrite, "the copy failed"),
            (ExitStatus.configuration, "the configuration that names the state is wrong"),
        ]
    ) { arguments, session in
        let file = arguments.operands[0]
        guard !file.isEmpty else { throw UsageError("FILE is empty", command: "backup") }
        let directory = try session.usableConfiguration(arguments["config"]).daemon.stateDirectory
        do {
            let bytes = try StateCopy.write(of: directory, to: file)
            session.console.print(
                "Copied the state of \(directory) to \(file.escapedForTerminal), "
                    + "\(grouped(max(1, bytes >> 10))) KiB."
            )
            return ExitStatus.ok
        } catch let error as StoreError {
            throw Failure("\(error)".escapedForTerminal, status: ExitStatus.cannotWrite)
        }
    }
}
