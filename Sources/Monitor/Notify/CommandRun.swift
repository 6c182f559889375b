import Alerting
import CLinux
import Dispatch
import Glibc

/// One run of a program, from start to end.
struct CommandRun: Sendable {
    let arguments: [String]
    let environment: [String]
    let input: [UInt8]
    let timeout: Duration
    let cancellation: Cancellation

    /// The outcome of a run, and the end of its output and errors.
    enum End: Hashable, Sendable {
        case notStarted(SystemError)
        case exited(Int32, output: [UInt8])
        case killed(signal: Int32, output: [UInt8])
        case timedOut(output: [UInt8])
        case cancelled
    }

    /// The grace period after SIGTERM.
    private static let grace = Duration.seconds(2)
    /// The grace period while the daemon stops.
    private static let shortGrace = Duration.milliseconds(500)

    /// Runs the program; blocks its thread for `timeout` and two seconds more at most.
    func perform() -> End {
        var child: CommandChild
        do {
            child = try start()
        } catch {
            return .notStarted(error)
        }
        switch child.wait(until: Deadline(after: timeout), or: cancellation.descriptor) {
        case .ended:
            child.finishReading()
            return Self.meaning(of: child.reap(), child.output)
        case .timedOut:
            child.terminate(within: Self.grace)
            return .timedOut(output: child.output)
        case .cancelled:
            child.terminate(within: Self.shortGrace)
            return .cancelled
        }
    }

    private func start() throws(SystemError) -> CommandChild {
        // The input is a file, not a pipe: a program that does not read it blocks nothing.
        let file = try MemoryFile(input)
        var ends: [Int32] = [-1, -1]
        guard clinux_pipe(&ends) == 0 else { throw SystemError(code: errno) }
        defer { close(ends[1]) }
        var process = pid_t()
        let error = file.withDescriptor { input in
            withStrings(arguments) { arguments in
                withStrings(environment) { environment in
                    clinux_spawn(&process, arguments, environment, input, ends[1])
                }
            }
        }
        guard error == 0 else {
            close(ends[0])
            throw SystemError(code: error)
        }
        return try CommandChild(process, output: ends[0])
    }

    /// Decodes the bits of wait(2): Swift cannot use glibc's macros for them.
    private static func meaning(of status: Int32, _ output: [UInt8]) -> End {
        let signal = status & 0x7f
        guard signal == 0 else { return .killed(signal: signal, output: output) }
        return .exited(status >> 8 & 0xff, output: output)
    }
}

/// Passes strings to C, as an array that ends with a null pointer.
private func withStrings<Result>(
    _ strings: [String],
    _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let copies = strings.map { strdup($0) } + [nil]
    defer { for copy in copies { free(copy) } }
    return body(copies)
}

/// Wakes a waiting thread; can be called from anywhere.
final class Cancellation: Sendable {
    /// The descriptor that becomes readable after the cancellation.
    let descriptor: Int32

    init() throws(SystemError) {
        let descriptor = clinux_event_descriptor()
        guard descriptor >= 0 else { throw SystemError(code: errno) }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    func cancel() {
        var one: UInt64 = 1
        // The write fails only after 2^64 calls.
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }
}

/// A time limit.
struct Deadline {
    private let end: DispatchTime

    init(after duration: Duration) {
        end = .now() + .milliseconds(Int(duration.milliseconds))
    }

    /// The time left, rounded up so that a wait does not spin at its end; 0 when it is over.
    var millisecondsLeft: Int32 {
        let now = DispatchTime.now()
        guard now < end else { return 0 }
        let nanoseconds = end.uptimeNanoseconds - now.uptimeNanoseconds
        return Int32(clamping: nanoseconds / 1_000_000 + 1)
    }
}
