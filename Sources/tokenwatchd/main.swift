import Glibc
import Monitor

exit(
    await Daemon.run(
        configurationPath: CommandLine.arguments.dropFirst().last,
        environment: [:]
    )
)
