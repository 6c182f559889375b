import Alerting
import Monitor
import System

extension Session {
    /// The console or session of this process.
    package static func ofProcess() -> Session {
        let environment = ProcessEnvironment.all()
        return Session(
            console: .standard(environment: environment),
            environment: environment,
            hostname: Hostname.current(),
            clock: { SystemClock.now().instant },
            loginName: LoginUser.name,
            usualChannel: .ofService(),
            runDaemon: { path, environment in
                await Daemon.run(configurationPath: path, environment: environment)
            }
        )
    }
}
