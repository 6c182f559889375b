import Alerting
import CLinux
import Glibc
import HTTP
import Store

/// The daemon process in the foreground, from its arguments to its exit status.
package enum Daemon {
    /// The exit statuses of sysexits.h that the daemon uses.
    package enum ExitStatus {
        package static let success: Int32 = 0
        package static let startFailure: Int32 = 71
        package static let state: Int32 = 74
        package static let configuration: Int32 = 78
    }

    /// Runs the daemon until a signal ends it.
    ///
    /// - Parameters:
    ///   - configurationPath: the path of the main file; nil for the default.
    ///   - environment: the environment of the process.
    /// - Returns: the exit status.
    package static func run(
        configurationPath: String?,
        environment: [String: String]
    ) async -> Int32 {
        // Only this user may read new files.
        umask(0o077)
        clinux_keep_heap_small()
        let files = OpenFiles.raised()
        if let shortage = files.shortage {
            Log(level: .info, environment: environment).error(shortage)
            return ExitStatus.startFailure
        }
        let serviceManager = ServiceManager(environment: environment)
        let starting = TimeoutExtension(serviceManager, "starting")
        defer { starting.end() }
        var configuration: Configuration
        do {
            configuration = try Configuration.load(
                path: configurationPath,
                context: .ofDaemon(environment)
            )
        } catch {
            let log = Log(level: .info, environment: environment)
            for error in error.all { log.error(error.description) }
            for warning in error.warnings { log.warning(warning.description) }
            return ExitStatus.configuration
        }
        let log = Log(level: configuration.daemon.logLevel, environment: environment)
        for warning in configuration.warnings { log.warning(warning.description) }
        if let warning = configuration.fit(files) { log.warning(warning) }
        if let error = configuration.certificateError {
            log.error(error.description)
            return ExitStatus.configuration
        }
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        let (reloads, reload) = AsyncStream.makeStream(
            of: Void.self,
            bufferingPolicy: .bufferingNewest(1)
        )
        let signals = Signals(onStop: { stop.finish() }, onReload: { reload.yield() })
        defer { withExtendedLifetime(signals) {} }
        do {
            let monitor = try await Monitor(
                configuration: configuration,
                path: configurationPath,
                environment: environment,
                serviceManager: serviceManager,
                files: files,
                log: log
            )
            let listeners = try listeners(configuration.daemon, environment, log)
            let channels = configuration.channels.map(\.summary).joined(separator: ", ")
            log.info("notifying by \(channels)")
            for obstacle in configuration.channels.compactMap(\.obstacle) { log.warning(obstacle) }
            let reloading = Task {
                for await _ in reloads { _ = await monitor.reload() }
            }
            defer { reloading.cancel() }
            starting.end()
            try await monitor.run(listeners: listeners) {
                for await _ in stops {}
            }
            return ExitStatus.success
        } catch let error as StoreError {
            log.error("\(error)")
            return ExitStatus.state
        } catch {
            log.error("\(error)")
            return ExitStatus.startFailure
        }
    }

    private static func listeners(
        _ settings: DaemonSettings,
        _ environment: [String: String],
        _ log: Log
    ) throws -> [ListeningSocket] {
        var listeners = try InheritedSockets.take(environment: environment)
        for path in listeners.compactMap(\.path) where path != settings.socketPath {
            log.warning(
                "the status socket is \(path), which systemd has handed over; commands look for "
                    + "it at \(settings.socketPath), as daemon.socket has it"
            )
        }
        if listeners.isEmpty { listeners = [try ownSocket(settings)] }
        if let listen = settings.listen {
            listeners.append(try ListeningSocket.tcp(host: listen.host, port: listen.port))
        }
        return listeners
    }

    private static func ownSocket(_ settings: DaemonSettings) throws -> ListeningSocket {
        let folder = settings.socketPath.split(separator: "/", omittingEmptySubsequences: false)
            .dropLast().joined(separator: "/")
        // Under systemd the folder exists; otherwise the daemon makes it, open to everyone.
        if !folder.isEmpty, mkdir(folder, 0o755) == 0 { chmod(folder, 0o755) }
        return try ListeningSocket.unix(
            path: settings.socketPath,
            mode: UInt16(settings.socketMode)
        )
    }
}

/// The machine's name.
package enum Hostname {
    /// Returns the name from gethostname(2) without its domain; `localhost` if there is none.
    package static func current() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        let name = String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
        return name.isEmpty ? "localhost" : name
    }
}
