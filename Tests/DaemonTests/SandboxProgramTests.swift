import Alerting
import Foundation
import Glibc
import Monitor
import Store
import Testing

/// A run of the built `tokenwatch-sandbox`.
private final class SandboxRun: Sendable {
    private let process: Process
    private let lines: AsyncStream<String>
    private let status: Task<Int32, Never>

    init(_ arguments: [String]) throws {
        // The test runner is built beside the program.
        let runner = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let process = Process()
        process.executableURL = URL(filePath: runner).deletingLastPathComponent()
            .appending(path: "tokenwatch-sandbox")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        let (exits, exit) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = {
            exit.yield($0.terminationReason == .exit ? $0.terminationStatus : -1)
            exit.finish()
        }
        let (lines, line) = AsyncStream.makeStream(of: String.self)
        try process.run()
        let descriptor = output.fileHandleForReading.fileDescriptor
        Thread.detachNewThread {
            // The pipe is open as long as the handle is here.
            withExtendedLifetime(output) {
                var text: [UInt8] = []
                var byte: UInt8 = 0
                while read(descriptor, &byte, 1) == 1 {
                    if byte != UInt8(ascii: "\n") {
                        text.append(byte)
                        continue
                    }
                    line.yield(String(decoding: text, as: UTF8.self))
                    text = []
                }
                line.finish()
            }
        }
        self.process = process
        self.lines = lines
        status = Task { await exits.first { _ in true } ?? -1 }
    }

    /// The next line it writes; nil once it has ended.
    func line() async -> String? { await lines.first { _ in true } }

    /// All lines up to its end, and its exit status.
    func ended() async -> (lines: [String], status: Int32) {
        var all: [String] = []
        for await line in lines { all.append(line) }
        return (all, await status.value)
    }

    /// The port of its first line.
    func port() async throws -> UInt16 {
        let line = try #require(await line())
        try #require(line.hasPrefix("listening on http://127.0.0.1:"), "\(line)")
        return try #require(UInt16(line.split(separator: ":").last ?? ""))
    }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }
}

@Suite(.timeLimit(.minutes(1)))
struct SandboxProgramTests {
    private let folder = URL(filePath: NSTemporaryDirectory())
        .appending(path: "tokenwatch-sandbox-\(UInt64.random(in: 0...UInt64.max))")

    /// Calls `body` with the path of a scenario file.
    private func withFile(_ text: String, _ body: (String) async throws -> Void) async throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "scenario.toml")
        try Data(text.utf8).write(to: file)
        try await body(file.path())
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `the program says where it listens, answers, and ends with 0 when it is told to`(
        signal: Int32
    ) async throws {
        try await withFile("[tokens.a]\nsecret = \"a\"\n") { file in
            let run = try SandboxRun(["--scenario", file, "--listen", "127.0.0.1:0"])
            let answer = try await exchange(
                port: try await run.port(),
                "GET /api/v1/account/me/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\n"
                    + "Connection: close\r\n\r\n"
            )
            #expect(answer.status == 200)
            run.signal(signal)
            #expect(await run.ended().status == 0)
        }
    }

    @Test func `a webhook and a log message are lines as they come`() async throws {
        try await withFile("[hooks.ops]\nstatus = 503\ntimes = 1\n") { file in
            let socket = folder.appending(path: "log").path()
            let run = try SandboxRun(["--scenario", file, "--print", "--syslog", socket])
            let port = try await run.port()
            let event =
                #"{"severity":"warning","type":"expiring","phase":"raised","summary":"soon"}"#
            for body in [event, event, "\u{1b}[31m"] {
                _ = try await exchange(
                    port: port,
                    "POST /hooks/ops HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
                )
            }
            let first = await run.line()
            #expect(first == "webhook ops (answered 503): warning expiring raised: soon")
            #expect(await run.line() == "webhook ops: warning expiring raised: soon")
            #expect(await run.line() == "webhook ops: \\u{1b}[31m")
            let sender = Process()
            sender.executableURL = URL(filePath: "/usr/bin/logger")
            sender.arguments = ["--socket", socket, "--rfc3164", "hello"]
            try sender.run()
            let line = await run.line() ?? ""
            #expect(line.hasPrefix("syslog: <") && line.hasSuffix("hello"), "\(line)")
            run.signal(SIGTERM)
            #expect(await run.ended().status == 0)
            #expect(!FileManager.default.fileExists(atPath: socket))
        }
    }

    @Test func `with speed, what is far away comes soon`() async throws {
        let scenario = "[tokens.a]\nsecret = \"a\"\nexpires = \"+10d\"\n"
        try await withFile(scenario) { file in
            // Ten days are 0.9 s; asking goes on until they are over.
            let run = try SandboxRun(["--scenario", file, "--speed", "1000000"])
            let port = try await run.port()
            var status = 200
            while status == 200 {
                status = try await exchange(
                    port: port,
                    "GET /api/v1/account/me/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\n"
                        + "Connection: close\r\n\r\n"
                ).status
            }
            #expect(status == 401)
            run.signal(SIGTERM)
            #expect(await run.ended().status == 0)
        }
    }

    @Test(arguments: [
        [], ["--scenario"], ["--scenari", "x"], ["--scenario", "x", "--speed", "0"],
        ["--scenario", "x", "--speed", "fast"], ["--scenario", "x", "--listen", "8080"],
        ["--scenario", "x", "--listen", "127.0.0.1:70000"], ["--scenario", "x", "y"],
    ])
    func `bad usage ends with 64 and one line`(arguments: [String]) async throws {
        let (lines, status) = try await SandboxRun(arguments).ended()
        #expect(status == 64)
        #expect(lines.count == 1 && lines[0].hasSuffix("; --help shows the options"), "\(lines)")
    }

    @Test func `help ends with 0`() async throws {
        let (lines, status) = try await SandboxRun(["--help"]).ended()
        #expect(status == 0)
        #expect(lines.first?.hasPrefix("usage: tokenwatch-sandbox --scenario FILE") == true)
    }

    @Test func `a bad scenario ends with 78 and its errors, a missing one too`() async throws {
        try await withFile("[tokens.a]\nsecret = 1\nfoo = 2\n") { file in
            let (lines, status) = try await SandboxRun(["--scenario", file]).ended()
            #expect(status == 78)
            #expect(lines.count == 2)
            #expect(lines.first?.contains("\(file):2:10: tokens.a.secret is 1;") == true)
            let missing = try await SandboxRun(["--scenario", file + "x"]).ended()
            #expect(missing.status == 78)
            #expect(missing.lines.first?.contains("No such file") == true)
        }
    }
}
