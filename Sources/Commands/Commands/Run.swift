extension Command {
    static let run = Command(
        "run",
        "run the daemon in the foreground",
        options: [.config],
        notes: [
            "SIGTERM and SIGINT end the daemon within five seconds; SIGHUP reloads the configuration."
        ],
        exitStatuses: [
            (ExitStatus.ok, "stopped by SIGTERM or SIGINT"),
            (71, "the start failed, for example because the limit of open files is below 48"),
            (74, "the state directory cannot be used, or reading the state failed"),
            (ExitStatus.configuration, "the configuration is wrong"),
        ]
    ) { arguments, session in
        await session.runDaemon(arguments["config"], session.environment)
    }
}
