extension Command {
    static let run = Command(
        "run",
        "watch the tokens, in the foreground",
        options: [.config],
        notes: [
            "SIGTERM and SIGINT end it within five seconds; SIGHUP loads the configuration anew."
        ],
        exitStatuses: [
            (ExitStatus.ok, "ended by SIGTERM or SIGINT"), (71, "it could not start"),
            (74, "the state directory cannot be used"),
            (ExitStatus.configuration, "the configuration is wrong"),
        ]
    ) { arguments, session in
        await session.runDaemon(arguments["config"], session.environment)
    }
}
