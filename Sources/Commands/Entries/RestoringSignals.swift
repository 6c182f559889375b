import Dispatch
import Glibc

/// Restores a terminal if a signal ends the command while it reads without echo.
struct RestoringSignals {
    private static let numbers = [SIGTERM, SIGHUP]
    private let sources: [any DispatchSourceSignal]

    init(_ before: termios) {
        let queue = DispatchQueue(label: "tokenwatchd.prompt")
        let ready = DispatchSemaphore(value: 0)
        sources = Self.numbers.map { number in
            // Dispatch receives a signal that is ignored; its default action would come first.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { Self.end(by: number, before) }
            source.setRegistrationHandler { ready.signal() }
            source.activate()
            return source
        }
        // Until then the signal would be lost.
        for _ in sources { ready.wait() }
    }

    /// Restores the usual effect of signals.
    func end() {
        for source in sources { source.cancel() }
        for number in Self.numbers { signal(number, SIG_DFL) }
    }

    private static func end(by number: Int32, _ before: termios) {
        var before = before
        tcsetattr(STDIN_FILENO, TCSANOW, &before)
        signal(number, SIG_DFL)
        // Dispatch's own threads block signals.
        kill(getpid(), number)
    }
}
