import Foundation
import Sandbox
import Testing

/// `status` in a terminal, as a person sees it.
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
    func `status fits a terminal, lists every problem, and counts the rest`(count: Int)
        async throws
    {
        try await withDaemon(settings(count)) { daemon in
            try await daemon.untilPolled(count)
            for width in [80, 132] {
                let screen = try await daemon.screen(columns: width, "status", "--no-pager")
                let lines = screen.lines.map(Terminal.plain)
                for line in lines { #expect(line.count <= width, "\(line)") }
                let total =
                    switch count {
                    case 1: "1 token: 1 warning"
                    case 20: "20 tokens: 1 critical, 2 warning, 17 ok"
                    default: "2,000 tokens: 1 critical, 200 warning, 1,799 ok"
                    }
                #expect(lines[0].hasPrefix(total) && lines[0].contains("next poll"), "\(lines[0])")
                #expect(lines[1].hasPrefix("  TOKEN  "))
                let rows = lines.filter { $0.contains(" service-") }
                // 20 rows fit a screen of 40 lines; of 2,000 only the problems are listed.
                #expect(rows.count == min(count, count > 20 ? 201 : 20))
                // The machine of the tests has no UTF-8 locale.
                let signs = rows.compactMap(\.first)
                #expect(signs == signs.sorted { Self.rank($0) < Self.rank($1) }, "\(signs)")
                #expect(
                    lines.contains("  1,799 more are ok: tokenwatchd status --all") == (count > 20)
                )
                #expect(screen.lines.contains { $0.contains("\u{1b}[33m!\u{1b}[0m") })
                #expect(screen.status == (count == 1 ? 1 : 2))
            }
            let all = try await daemon.screen(columns: 80, "status", "--all", "--no-pager")
            #expect(all.lines.count { $0.contains(" service-") } == count)
            let plain = try await daemon.screen(
                columns: 80,
                environment: ["NO_COLOR": "1", "LC_ALL": "C.UTF-8"],
                "status",
                "--no-pager"
            )
            #expect(!plain.lines.joined().contains("\u{1b}"))
            #expect(plain.lines.contains { $0.hasPrefix("✗ service-1-") } == (count > 1))
        }
    }

    private static func rank(_ sign: Character) -> Int { Array("x!? ").firstIndex(of: sign) ?? 9 }

    @Test func `a list that is longer than the screen goes through the pager`() async throws {
        try await withDaemon(settings(60)) { daemon in
            try await daemon.untilPolled(60)
            let pager = ["PAGER": "sed s/^/paged:/"]
            let all = try await daemon.screen(columns: 80, environment: pager, "status", "--all")
            #expect(all.lines.allSatisfy { $0.hasPrefix("paged:") }, "\(all.lines.prefix(3))")
            #expect(all.status == 2)
            let short = try await daemon.screen(columns: 80, environment: pager, "status")
            #expect(!short.lines.contains { $0.hasPrefix("paged:") })
            let none = try await daemon.screen(
                columns: 80,
                environment: ["PAGER": "/nonexistent/pager"],
                "status",
                "--all"
            )
            #expect(none.lines.count { $0.contains(" service-") } == 60)
        }
    }

    @Test func `without a daemon the screen says so, and what starts it`() async throws {
        try await withDaemon(starts: false) { daemon in
            let screen = try await daemon.screen(columns: 80, "status")
            #expect(screen.status == 3)
            #expect(screen.lines.count == 1)
            let start =
                "tokenwatchd: the daemon is not running: nothing listens on \(daemon.socket); start it with: "
            #expect(screen.lines[0].hasPrefix(start), "\(screen.lines)")
        }
    }
}
