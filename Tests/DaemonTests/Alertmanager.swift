import Alerting
import Formats
import Foundation
import HTTP
import Monitor
import Sandbox
import Testing

/// An Alertmanager on a port of loopback; it ends with the daemon's test.
final class Alertmanager {
    let port: UInt16
    private var starts = 0
    private var program: RunningProgram?

    struct Shown: Sendable {
        let labels: [String: String]
        let annotations: [String: String]
        let startsAt: Alerting.Instant
        let endsAt: Alerting.Instant
        let generatorURL: String
    }

    init() throws { port = try Self.freePort() }

    /// A port that was free a moment ago.
    static func freePort() throws -> UInt16 {
        let free = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        defer { free.close() }
        return try #require(free.port)
    }

    /// Starts it with nothing in its memory, and waits until it listens.
    func start(beside daemon: DaemonUnderTest) async throws {
        starts += 1
        let folder = "\(daemon.folder)/alertmanager-\(starts)"
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: false
        )
        try daemon.write(
            "route: {receiver: none}\nreceivers: [{name: none}]\n",
            to: "\(folder)/alertmanager.yml"
        )
        let path = "/usr/bin/prometheus-alertmanager"
        try #require(
            FileManager.default.isExecutableFile(atPath: path),
            "\(path) is missing; this test needs it (apt-get install prometheus-alertmanager)"
        )
        let program = try RunningProgram(
            path,
            [
                "--config.file=\(folder)/alertmanager.yml", "--storage.path=\(folder)",
                "--web.listen-address=127.0.0.1:\(port)", "--cluster.listen-address=",
            ]
        )
        daemon.adopt(program)
        self.program = program
        try await program.errors.first { $0.contains("Listening on") }
    }

    /// Ends it the hard way and starts another that knows nothing.
    func restartEmpty(beside daemon: DaemonUnderTest) async throws {
        let program = try #require(program)
        program.signal(SIGKILL)
        _ = await program.exitStatus()
        try await start(beside: daemon)
    }

    /// What it shows once that is as wanted; it is asked until then.
    @discardableResult
    func alerts(until isWanted: ([Shown]) -> Bool) async throws -> [Shown] {
        try await eventually {
            // Of HTTP/1.0, so that the answer is not chunked.
            let answer = try await exchange(
                port: port,
                "GET /api/v2/alerts HTTP/1.0\r\nHost: am\r\n\r\n"
            )
            let shown = try #require(answer.json?.elements).map { alert in
                Shown(
                    labels: texts(alert["labels"]),
                    annotations: texts(alert["annotations"]),
                    startsAt: try instant(alert["startsAt"]),
                    endsAt: try instant(alert["endsAt"]),
                    generatorURL: alert["generatorURL"]?.string ?? ""
                )
            }
            return isWanted(shown) ? shown : nil
        }
    }

    private func texts(_ object: JSONValue?) -> [String: String] {
        let members = (object?.members ?? []).map { ($0.key, $0.value.string ?? "") }
        return Dictionary(members) { first, _ in first }
    }

    private func instant(_ value: JSONValue?) throws -> Alerting.Instant {
        try #require(value?.string.flatMap { Alerting.Instant(text: $0) })
    }
}
