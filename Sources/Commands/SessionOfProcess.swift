import Alerting
import FoundationEssentials
import Glibc
import Monitor

extension Session {
    /// That of this process.
    package static func ofProcess(
        runDaemon: @escaping @Sendable (String?, [String: String]) async -> Int32
    ) -> Session {
        let environment = ProcessInfo.processInfo.environment
        return Session(
            console: .standard(environment: environment),
            environment: environment,
            hostname: hostname(),
            clock: { SystemClock.now().instant },
            runDaemon: runDaemon
        )
    }

    private static func hostname() -> String {
        // POSIX allows 255 bytes; the last zero is never overwritten.
        var name = [CChar](repeating: 0, count: 257)
        let result = gethostname(&name, 256)
        guard result == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
