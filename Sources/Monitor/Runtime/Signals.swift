import Dispatch
import Glibc

/// A receiver of signals as Dispatch events, for its own lifetime; it belongs to its creator.
package final class Signals {
    private let sources: [any DispatchSourceSignal]

    /// Calls `onStop` for SIGTERM and SIGINT and `onReload` for SIGHUP; SIGPIPE is ignored.
    package init(
        onStop: @escaping @Sendable () -> Void,
        onReload: @escaping @Sendable () -> Void
    ) {
        signal(SIGPIPE, SIG_IGN)
        let queue = DispatchQueue(label: "tokenwatchd.signals")
        sources = [(SIGTERM, onStop), (SIGINT, onStop), (SIGHUP, onReload)].map { number, action in
            // Dispatch receives ignored signals; otherwise their default action comes first.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler(handler: action)
            source.activate()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }
}
