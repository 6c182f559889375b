import Glibc

/// The signals that would end a command between two files that belong together.
enum Interruption {
    private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    /// Does something short that must not be interrupted: signals wait until it ends.
    static func held<Result>(_ body: () throws -> Result) rethrows -> Result {
        let before = signals.map { ($0, signal($0, SIG_IGN)) }
        defer { for (number, handler) in before { signal(number, handler) } }
        return try body()
    }
}
