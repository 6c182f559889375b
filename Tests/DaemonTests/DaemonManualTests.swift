import Foundation
import Monitor
import Testing

/// The manual as man(1) shows it, and its requests as the daemon answers them.
@Suite(.timeLimit(.minutes(2)))
struct DaemonManualTests {
    private static let folder =
        URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path() + "docs/man"

    @Test(arguments: ["tokenwatchd.8", "tokenwatchd.toml.5", "tokenwatchd-api.7"])
    func `a page is read without complaint, and fits 80 columns`(page: String) async throws {
        let path = "\(Self.folder)/\(page)"
        let lint = try await Programs.run("/usr/bin/mandoc", ["-T", "lint", "-W", "warning", path])
        #expect(lint.status == 0 && lint.output == "", "\(lint.output)")
        let shown = try await Programs.run(
            "/usr/bin/man",
            ["--warnings", "-l", path],
            environment: ["MANWIDTH": "80", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"]
        )
        #expect(shown.status == 0 && shown.errors == "", "\(shown.errors)")
        let lines = shown.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count > 100)
        for line in lines {
            // Bold and underlined letters are written over each other.
            let plain = line.replacing(/.\u{8}/, with: "")
            #expect(plain.count <= 80, "\(plain)")
        }
    }

    @Test func `the manual says who can read the names of accounts`() throws {
        for page in ["tokenwatchd.8", "tokenwatchd.toml.5", "tokenwatchd-api.7"] {
            let text = try String(contentsOfFile: "\(Self.folder)/\(page)", encoding: .utf8)
            let words = text.split { $0.isWhitespace }.joined(separator: " ").lowercased()
            #expect(words.contains("every local user"), "\(page)")
            #expect(words.contains("names of accounts"), "\(page)")
        }
    }

    @Test func `every request of the manual is answered, and no other method`() async throws {
        let port = try freePort()
        var settings = Settings()
        settings.daemon = "listen = \"127.0.0.1:\(port)\""
        try await withDaemon(settings) { daemon in
            try await daemon.untilSeen()
            for route in StatusRoute.all {
                let path = route.path.replacing("{id}", with: "a")
                let answer =
                    route.isForTCP
                    ? try await exchange(
                        port: port,
                        "\(route.method.rawValue) \(path) HTTP/1.0\r\nHost: localhost\r\n\r\n"
                    ) : try await daemon.ask(route.method.rawValue, path)
                // Of an empty body 400 and 409 speak, too; they know the request.
                #expect([200, 202, 400, 409].contains(answer.status), "\(route)")
                let other = try await daemon.ask("PUT", path)
                #expect(other.status == 405, "\(route)")
                let allowed = try #require(other.header("Allow"))
                #expect(allowed.contains(route.method.rawValue), "\(route)")
            }
        }
    }
}
