import Foundation
import Glibc
import Testing

/// A running program, and its output.
final class RunningProgram: Sendable {
    let processID: pid_t
    let errors = Lines()
    let output = Lines()
    private let status: Task<Int32, Never>
    private let process: Process

    /// Starts a program with an environment of its own.
    ///
    /// - Parameters:
    ///   - program: its path.
    ///   - arguments: without its name.
    ///   - environment: beside the usual paths.
    ///   - input: what it reads; at most 64 KiB, which a pipe holds.
    ///   - terminal: what it reads from and complains to, in the place of pipes.
    /// - Throws: where it cannot be started.
    init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String? = nil,
        terminal: FileHandle? = nil
    ) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        // The shifted clock of on-date.sh is every process's.
        let clock = ProcessInfo.processInfo.environment
            .filter { ["LD_PRELOAD", ShiftedClock.variable].contains($0.key) }
        process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"]
            .merging(clock) { $1 }.merging(environment) { $1 }
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        if let input {
            let pipe = Pipe()
            try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try pipe.fileHandleForWriting.close()
            process.standardInput = pipe
        }
        if let terminal {
            process.standardInput = terminal
            process.standardError = terminal
            try errors.fileHandleForWriting.close()
        }
        let (exits, exit) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = {
            let code = $0.terminationStatus
            exit.yield($0.terminationReason == .exit ? code : -code)
            exit.finish()
        }
        try process.run()
        processID = process.processIdentifier
        self.process = process
        Reaper.shared.note(processID)
        let id = processID
        status = Task {
            let status = await exits.first { _ in true } ?? -1
            Reaper.shared.forget(id)
            return status
        }
        Self.read(output, into: self.output)
        Self.read(errors, into: self.errors)
    }

    private static func read(_ pipe: Pipe, into lines: Lines) {
        Thread.detachNewThread {
            let descriptor = pipe.fileHandleForReading.fileDescriptor
            // The pipe is open as long as the handle is here.
            withExtendedLifetime(pipe) {
                var rest: [UInt8] = []
                var piece = [UInt8](repeating: 0, count: 64 * 1024)
                while true {
                    let count = Glibc.read(descriptor, &piece, piece.count)
                    guard count > 0 else { break }
                    rest += piece[..<count]
                    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                        lines.append(String(decoding: rest[..<end], as: UTF8.self))
                        rest.removeSubrange(...end)
                    }
                }
                if !rest.isEmpty { lines.append(String(decoding: rest, as: UTF8.self)) }
                lines.end()
                // Foundation keeps it open, and reads past its buffer once some 1,360 files are open.
                try? pipe.fileHandleForReading.close()
            }
        }
    }

    func signal(_ number: Int32) { kill(processID, number) }

    /// Its exit status, or the signal that ended it, negative.
    func exitStatus() async -> Int32 { await status.value }

    /// All it wrote, once it has ended.
    func ended() async throws -> Outcome {
        let status = await exitStatus()
        for lines in [output, errors] { _ = try? await lines.first { _ in false } }
        return Outcome(
            status: status,
            output: output.all.joined(separator: "\n"),
            errors: errors.all.joined(separator: "\n")
        )
    }

    struct Outcome: Sendable {
        let status: Int32
        let output: String
        let errors: String
    }
}

/// The programs of this build, and others.
enum Programs {
    /// One that is built beside the test runner.
    static func built(_ name: String) throws -> String {
        let runner = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(filePath: runner).deletingLastPathComponent().appending(path: name).path()
    }

    /// Runs a program to its end.
    @discardableResult
    static func run(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String? = nil
    ) async throws -> RunningProgram.Outcome {
        try await RunningProgram(program, arguments, environment: environment, input: input)
            .ended()
    }
}

/// Kills what the tests have started when the tests are gone before it, however that came.
///
/// A shell that reads the process numbers: when it reads no more, the tests have ended.
final class Reaper: Sendable {
    static let shared = Reaper()

    private let descriptor: Int32

    private init() {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        descriptor = ends[1]
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        let script = """
            trap '' INT TERM HUP
            list=' '
            while read -r word id; do
                case $word in
                    add) list="$list$id " ;;
                    *) list="${list%% $id *} ${list#* $id }" ;;
                esac
            done
            for id in $list; do kill -9 "$id"; done
            """
        process.arguments = ["-c", script]
        process.standardInput = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try? process.run()
    }

    func note(_ id: pid_t) { say("add \(id)\n") }

    func forget(_ id: pid_t) { say("end \(id)\n") }

    private func say(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}

/// The clock that `on-date.sh` shifts for all of the tests and for what they start.
enum ShiftedClock {
    static let variable = "TOKENWATCH_TEST_SHIFT"
    static let seconds = ProcessInfo.processInfo.environment[variable].flatMap(Int.init) ?? 0
    static var isOn: Bool { seconds != 0 }
}
