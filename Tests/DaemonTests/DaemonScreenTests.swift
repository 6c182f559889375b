import Foundation
import Sandbox
import Testing

/// `status` in a terminal, as whoever runs it sees it.
@Suite(.timeLimit(.minutes(2)))
struct DaemonScreenTests {
    /// Each tenth is in its last days, and one is revoked where there are several.
    private func settings(_ count: Int) -> Settings {
        var settings = Settings()
        settings.tokens = (0..<count).map { number in
            let expiry = number.isMultiple(of: 10) ? "+6d" : "+\(40 + number % 300)d"
            let end = number == 1 ? "revoked = true" : "expires = \"\(expiry)\""
            return .init(
                id: "service-\(number)-of-production",
                config: number.isMultiple(of: 3) ? "owner = \"platform team\"" : "",
                play: "permissions = [\"billing:read\", \"dns:*\", \"servers:list\"]\n\(end)"
            )
        }
        return settings
    }

    @Test(arguments: [1, 20, 2000])
    func `status fits a terminal, shows every token by state, and counts them`(count: Int)
        async throws
    {
        try await withDaemon(settings(count)) { daemon in
            try await daemon.untilPolled(count)
            for width in [80, 132] {
                let screen = try await daemon.screen(columns: width, "status")
                let lines = screen.lines.map(Terminal.plain)
                for line in lines { #expect(line.count <= width, "\(line)") }
                #expect(lines[0].hasPrefix("TOKEN  "))
                let rows = lines.filter { $0.hasPrefix("service-") }
                #expect(rows.count == count)
                // The worst are a group above the others.
                let states = lines.prefix { !$0.contains(": ") }.dropFirst().map { line in
                    line.split(separator: " ").dropFirst().first.map(String.init) ?? ""
                }
                let groups = states.split(separator: "").map { Set($0) }
                let several: [Set<String>] = [["critical"], ["warning"], ["ok"]]
                #expect(groups == (count == 1 ? [["warning"]] : several))
                #expect(screen.lines.contains { $0.contains("\u{1b}[33mwarning\u{1b}[0m") })
                let total =
                    switch count {
                    case 1: "1 token: 1 warning"
                    case 20: "20 tokens: 1 critical, 2 warning, 17 ok"
                    default: "2,000 tokens: 1 critical, 200 warning, 1,799 ok"
                    }
                #expect(lines.contains(total), "\(lines.suffix(3))")
                #expect(screen.status == (count == 1 ? 1 : 2))
            }
            let plain = try await daemon.screen(
                columns: 80,
                environment: ["NO_COLOR": "1"],
                "status"
            )
            #expect(!plain.lines.joined().contains("\u{1b}"))
        }
    }

    @Test func `without a daemon the screen says so, and what starts it`() async throws {
        try await withDaemon(starts: false) { daemon in
            let screen = try await daemon.screen(columns: 80, "status")
            #expect(screen.status == 3)
            #expect(screen.lines.count == 1)
            let start = "tokenwatchd: no daemon listens on \(daemon.socket); start it: "
            #expect(screen.lines[0].hasPrefix(start), "\(screen.lines)")
        }
    }
}
