import Alerting
import Formats
import Monitor
import Testing

@testable import Commands

private func screen(
    _ tokens: [TokenReport],
    width: Int?,
    height: Int? = nil,
    listing: StatusScreen.Listing = .everything,
    hasColour: Bool = false,
    isUnicode: Bool = true
) -> [String] {
    StatusScreen(
        tokens: tokens.sorted(by: TokenReport.isListed),
        watched: tokens.count,
        listing: listing,
        canvas: Canvas(
            now: now,
            width: width,
            height: height,
            hasColour: hasColour,
            isUnicode: isUnicode
        )
    ).lines
}

@Test(arguments: [80, 120, 200], [1, 20, 2000])
func `the status table fits its terminal and lists every token`(width: Int, count: Int) throws {
    let lines = screen(try tokens(count), width: width)
    for line in lines { #expect(DisplayWidth.of(line) <= width, "\(line)") }
    #expect(lines[0].hasPrefix(count == 1 ? "1 token: " : "\(grouped(count)) tokens: "))
    #expect(lines[1].hasPrefix("  TOKEN "))
    #expect(lines.filter { $0.contains(" service-") }.count == count)
}

@Test func `permissions and last use leave first, then next poll, owner and expiry`() throws {
    let tokens = try tokens(20)
    let narrow = screen(tokens, width: 80)
    for title in ["TOKEN", "LEFT", "EXPIRES", "PROBLEM"] { #expect(narrow[1].contains(title)) }
    #expect(!narrow[1].contains("PERMISSIONS") && !narrow[1].contains("LAST USED"))
    #expect(narrow[2].hasPrefix("! service-0-of-production"))
    #expect(narrow[2].hasSuffix("expires in 7 days"))
    #expect(narrow.contains { $0.hasPrefix("  Hidden: ") && $0.contains("permissions") })
    let wide = screen(tokens, width: 200)
    #expect(wide[1].contains("PERMISSIONS") && wide[1].contains("LAST USED"))
    #expect(!wide.contains { $0.contains("Hidden: ") })
}

@Test func `ids and problems are never cut`() throws {
    let id = String(repeating: "long-", count: 12) + "id"
    let error = "the certificate of gitlab.example.com cannot be verified: \"self-signed\"; add it"
    let json = tokenJSON(id, state: "unknown", expiresIn: nil)
        .replacing(#""last_outcome":"ok","last_error":null"#, with: "")
        .replacing("\"last_ok_at\":", with: "\"x\":")
        .replacing(
            "\"next_poll_at\":\"2026-11-21T08:43:00Z\"",
            with: "\"last_outcome\":\"unreachable\","
                + "\"last_error\":\"\(error.replacing("\"", with: "\\\""))\",\"next_poll_at\":\"2026-11-21T08:00:06Z\""
        )
        .replacing(",,", with: ",")
    let lines = screen([try token(json)], width: 80)
    for line in lines { #expect(DisplayWidth.of(line) <= 80, "\(line)") }
    let text = lines.map { $0.drop { $0 == " " } }.joined(separator: " ")
    #expect(text.contains("? \(id)"))
    #expect(text.contains("\(error); retry in 6 s"), "\(lines)")
}

@Test func `without a terminal nothing is cut and every column is there`() throws {
    let lines = screen(try tokens(20), width: nil)
    for title in [
        "TOKEN", "STATE", "LEFT", "EXPIRES", "OWNER", "NEXT POLL", "LAST USED", "PERMISSIONS",
        "PROBLEM",
    ] {
        #expect(lines[1].contains(title))
    }
    #expect(lines[2].contains("service-0-of-production"))
    #expect(lines[2].contains("billing:read, dns:*, servers:list"))
    #expect(lines[2].contains("7d    2026-11-28 08:00 UTC"))
    #expect(lines[2].contains("3 min ago, self"))
    #expect(!lines.joined().contains("…"))
    #expect(lines[0] == "20 tokens: 2 warning, 18 ok")
}

@Test func `without a terminal ten thousand permissions are counted, not listed`() throws {
    let many = (0..<10_000).map { "resource-\($0):read" }
    let few = ["billing:read", "dns:*", "servers:list"]
    let tokens = [
        try token(tokenJSON("many", permissions: many)),
        try token(tokenJSON("few", permissions: few)),
    ]
    let lines = screen(tokens, width: nil)
    for line in lines { #expect(DisplayWidth.of(line) < 600, "\(line)") }
    let row = try #require(lines.first { $0.hasPrefix("many") })
    #expect(row.contains("resource-0:read, resource-1:read, "))
    #expect(row.contains(" +99"))
    #expect(lines.contains { $0.contains("billing:read, dns:*, servers:list ") })
}

@Test func `a table shows the same of tokens that have only the fields it requests`() throws {
    let known = "{\"by\":\"ann\",\"reason\":\"r\",\"until\":\"2026-12-01T00:00:00Z\"}"
    let alert = alertJSON("rejected", "critical", acknowledged: known, "z rejected (401)")
    let rejected = tokenJSON("z", state: "critical", alerts: [alert])
        .replacing("\"last_outcome\":\"ok\"", with: "\"last_outcome\":\"rejected\"")
        .replacing("\"last_error\":null", with: "\"last_error\":\"401\"")
    let whole = try tokens(20) + [try token(rejected)]
    let fields = StatusTable.fields.map(\.rawValue)
    let some = try whole.map { token in
        let members = token.json.members ?? []
        return try TokenReport(.object(members.filter { fields.contains($0.key) }))
    }
    #expect(screen(some, width: nil).contains { $0.contains("rejected (401), acked by ann") })
    #expect(screen(some, width: nil) == screen(whole, width: nil))
    #expect(screen(some, width: 100) == screen(whole, width: 100))
}

@Test func `tokens that are ok are counted where they do not fit the screen`() throws {
    let tokens = try tokens(20)
    let fitting = screen(tokens, width: 80, height: 25, listing: .fitting)
    #expect(fitting.count { $0.contains(" service-") } == 20)
    let short = screen(tokens, width: 80, height: 22, listing: .fitting)
    #expect(short.count { $0.contains(" service-") } == 2)
    #expect(short.contains("  18 more are ok: tokenwatchd status --all"))
    let well = [try token(tokenJSON("a")), try token(tokenJSON("b"))]
    #expect(
        screen(well, width: 80, listing: .problems)
            == ["2 tokens: 2 ok", "  All are ok: tokenwatchd status --all"]
    )
}

@Test func `the worst comes first, then what ends first, then by name`() throws {
    let tokens = [
        try token(tokenJSON("ok-late")), try token(tokenJSON("ok-never", expiresIn: nil)),
        try token(tokenJSON("ok-soon", expiresIn: .days(40))),
        try token(tokenJSON("new", state: "unknown", expiresIn: nil)),
        try token(tokenJSON("bad", state: "critical", expiresIn: .days(2))),
        try token(tokenJSON("b-dead", state: "critical", expiresIn: .days(-2))),
        try token(tokenJSON("a-dead", state: "critical", expiresIn: .days(-2))),
        try token(tokenJSON("soon", state: "warning", expiresIn: .days(7))),
    ]
    let ids = screen(tokens, width: nil).dropFirst(2).prefix(8).map {
        String($0.prefix { $0 != " " })
    }
    #expect(
        ids == ["a-dead", "b-dead", "bad", "soon", "new", "ok-soon", "ok-late", "ok-never"]
    )
}

@Test func `colour takes no room`() throws {
    let plain = screen(try tokens(20), width: 80)
    let coloured = screen(try tokens(20), width: 80, hasColour: true)
    #expect(!plain.joined().contains("\u{1b}"))
    #expect(coloured[2].contains("\u{1b}[33m!\u{1b}[0m"))
    let stripped = coloured.map {
        $0.replacing("\u{1b}[33m", with: "").replacing("\u{1b}[32m", with: "")
            .replacing("\u{1b}[1m", with: "").replacing("\u{1b}[0m", with: "")
    }
    #expect(stripped == plain)
}

@Test(
    arguments: [
        (["LANG": "en_GB.UTF-8"], true), (["LANG": "C.utf8"], true), (["LANG": "C"], false),
        ([:], false),
        (["LANG": "C.UTF-8", "LC_ALL": "POSIX"], false),
        (["LC_ALL": "", "LC_CTYPE": "C.UTF-8"], true),
    ] as [([String: String], Bool)]
)
func `the locale decides whether a terminal shows more than ASCII`(
    environment: [String: String],
    isUnicode: Bool
) {
    #expect(Console.isUnicode(environment) == isUnicode)
    #expect("✗ a… – “b”".foldedToASCII == "x a... - \"b\"")
}

@Test func `a rejected reload is reported once`() throws {
    let config = #""config":{"last_error":"c.toml:1:1: x"}"#
    let alert = #"{"condition":"config_rejected","severity":"warning","summary":"rejected: x"}"#
    let early = Overview(try JSONValue(parsing: Array("{\(config)}".utf8)))
    #expect(early.configurationError == "c.toml:1:1: x")
    let raised = Overview(
        try JSONValue(parsing: Array("{\(config),\"daemon_alerts\":[\(alert)]}".utf8))
    )
    #expect(raised.configurationError == nil)
    #expect(raised.alerts.map(\.summary) == ["rejected: x"])
}

@Test func `nothing to show is said`() {
    let none = StatusScreen(tokens: [], watched: 0, canvas: Canvas(now: now, width: 80))
    #expect(none.lines == ["No tokens configured. Add one: sudo tokenwatchd add ID"])
    let choice = StatusScreen(
        tokens: [],
        watched: 12,
        choice: "--owner x",
        canvas: Canvas(now: now, width: 80)
    )
    #expect(choice.lines == ["None of 12 tokens matches --owner x."])
}

@Test(arguments: [StatusScreen.Listing.problems, .fitting])
func `tokens that are only counted make the same screen as fetched ones`(
    listing: StatusScreen.Listing
) throws {
    let all = try tokens(40)
    let problems = all.filter { $0.state != .ok }
    #expect(!problems.isEmpty && problems.count < all.count)
    let fetched = screen(all, width: 80, height: 24, listing: listing)
    var counting = StatusScreen(
        tokens: problems.sorted(by: TokenReport.isListed),
        others: all.count - problems.count,
        watched: all.count,
        listing: listing,
        canvas: Canvas(now: now, width: 80)
    )
    counting.canvas.height = 24
    #expect(counting.lines == fetched)
}

@Test func `text of a provider cannot steer the terminal`() throws {
    let report = try token(
        tokenJSON("deploy", permissions: ["a\u{1b}[2J"], name: "x\u{202e}\u{7}")
    )
    let card = TokenScreen(report, Canvas(now: now, width: 80))
    let text = (screen([report], width: nil) + card.lines).joined()
    #expect(!text.unicodeScalars.contains { ["\u{1b}", "\u{7}", "\u{202e}"].contains($0) })
    #expect(text.contains("a\\u{1b}[2J"))
}

@Test func `wide letters count twice`() {
    #expect(DisplayWidth.of("日本") == 4)
    #expect(DisplayWidth.of("e\u{301}") == 1)
    #expect(DisplayWidth.cut("日本語", to: 4) == "日…")
    let list = TextTable.Cell.list(["dns:*", "servers:list", "billing:read"])
    #expect(list.fitted(to: 11) == "dns:* +2")
    #expect(list.fitted(to: 33) == "dns:*, servers:list, billing:read")
    #expect(list.fitted(to: 32) == "dns:*, servers:list +1")
}

@Test func `the card of a token tells whose account it belongs to`() throws {
    let report = try token(tokenJSON("deploy", accountName: "John Doe", company: "Acme Inc."))
    let lines = TokenScreen(report, Canvas(now: now, width: 80)).lines
    #expect(lines.contains("  account      Acme Inc. (John Doe) <john@example.com>"), "\(lines)")
}

@Test func `the card of a token tells instants with their distances`() throws {
    let report = try token(
        tokenJSON(
            "deploy",
            state: "warning",
            expiresIn: .seconds(601_200),
            owner: "platform team",
            alerts: [alertJSON("expiring", "warning", stage: "7d", "deploy expires soon")]
        )
    )
    let lines = TokenScreen(report, Canvas(now: now, width: 80)).lines
    #expect(lines[0] == "deploy: warning")
    #expect(lines.contains("  expires      2026-11-28 07:00 UTC (in 6 d 23 h)"))
    #expect(lines.contains { $0.contains("warning: deploy expires soon; since 2026-11-21 07:00") })
    #expect(
        lines.contains(
            "  last used    2026-11-21 07:57 UTC (3 min ago), by the daemon's own poll"
        )
    )
    #expect(lines.allSatisfy { DisplayWidth.of($0) <= 80 })
}

// MARK: - check

@Test func `check follows the plugin guidelines`() throws {
    let warning = try token(
        tokenJSON(
            "deploy",
            state: "warning",
            expiresIn: .seconds(601_200),
            alerts: [alertJSON("expiring", "warning", stage: "7d", "deploy | expires")]
        )
    )
    let well = try token(tokenJSON("other", expiresIn: nil))
    let line = CheckLine([well, warning], at: now)
    #expect(
        line.text
            == "TOKENWATCHD WARNING - 2 tokens: 1 warning, 1 ok; deploy / expires"
            + " | 'deploy'=601200s;2592000:;259200:;;"
    )
    #expect(line.state.exitStatus == 1)
    #expect(CheckLine([well], at: now).text == "TOKENWATCHD OK - 1 token: 1 ok")
}

@Test func `check says the same of the tokens that need attention as of all of them`() throws {
    let all = try tokens(300) + [token(tokenJSON("new", state: "unknown", expiresIn: nil))]
    let attention = all.filter { $0.state != .ok || !$0.alerts.isEmpty }
    let nearest = all.filter { $0.expiresAt != nil }
        .sorted { ($0.expiresAt ?? now, $0.id) < ($1.expiresAt ?? now, $1.id) }
    let line = CheckLine(
        states: all.map(\.state),
        attention: attention,
        nearest: Array(nearest.prefix(CheckLine.maximumFigures)),
        overview: Overview(),
        at: now
    )
    #expect(attention.count == 31)
    #expect(line.text == CheckLine(all, at: now).text)
}

@Test func `check counts an expired token below zero and tells at most three alerts`() throws {
    let dead = try (0..<5).map { number in
        try token(
            tokenJSON(
                "t\(number)",
                state: "critical",
                expiresIn: .seconds(-60),
                alerts: [alertJSON("expired", "critical", "t\(number) expired")]
            )
        )
    }
    let line = CheckLine(dead, at: now)
    #expect(
        line.text.hasPrefix(
            "TOKENWATCHD CRITICAL - 5 tokens: 5 critical; t0 expired; t1 expired; t2 expired;"
                + " and 2 more | 't0'=-60s;2592000:;259200:;; "
        )
    )
    #expect(!line.text.contains("\n"))
    #expect(line.state.exitStatus == 2)
}

@Test func `check without tokens is OK, and with one that was not seen it is unknown`() throws {
    #expect(CheckLine([], at: now).text == "TOKENWATCHD OK - no tokens configured")
    #expect(CheckLine([], at: now).state.exitStatus == 0)
    let new = try token(tokenJSON("new", state: "unknown", expiresIn: nil))
    let line = CheckLine([new], at: now)
    #expect(line.text == "TOKENWATCHD UNKNOWN - 1 token: 1 unknown; new: no data yet")
    #expect(line.state.exitStatus == 3)
}

@Test func `check groups the digits of a count`() throws {
    let dead = try (0..<1503).map { number in
        let alert = alertJSON("rejected", "critical", "t\(number) is rejected")
        return try token(
            tokenJSON("t\(number)", state: "critical", expiresIn: nil, alerts: [alert])
        )
    }
    #expect(CheckLine(dead, at: now).text.contains("1,503 tokens"))
    #expect(CheckLine(dead, at: now).text.contains("t2 is rejected; and 1,500 more"))
}

@Test(arguments: [
    ("deploy", "deploy"), ("platform*", "'platform*'"), ("a b", "'a b'"), ("it's", #"'it'\''s'"#),
    ("127.0.0.1:18081", "127.0.0.1:18081"), ("", "''"),
])
func `what a hint repeats can be pasted into a shell`(word: String, quoted: String) {
    #expect(word.shellQuoted == quoted)
}

@Test func `a new secret without an answer is not compared, and a long date stays whole`() throws {
    let report = try token(tokenJSON("deploy", expiresIn: .days(1) + .hours(12)))
    let known = try #require(RotationSide(report, at: now))
    func lines(_ new: RotationSide) -> [String] {
        RotationScreen(old: known, new: new, syntax: .resourceAction).lines(width: 70)
    }
    #expect(!lines(RotationSide()).contains { $0.contains("covers the old") })
    #expect(lines(known).contains { $0.contains("2026-11-22 20:00 UTC") && !$0.contains("…") })
}

// MARK: - events

private func event(_ phase: String) throws -> EventReport {
    let json = """
        {"id":"01JD0000000000000000000000","at":"2026-11-21T06:00:00Z","type":"expiring",
        "phase":"\(phase)","severity":"warning","summary":"deploy expires 2026-11-28 07:00 UTC (in 6 d 23 h)"}
        """
    return try EventReport(try JSONValue(parsing: Array(json.utf8)))
}

@Test func `an event is one line where there is room, else two`() throws {
    let summary = "deploy expires 2026-11-28 07:00 UTC (in 6 d 23 h)"
    let wide = EventLines(canvas: Canvas(now: now, width: nil)).lines(try event("raised"))
    #expect(
        wide == [
            "2026-11-21 06:00 UTC (2 h ago)     warning   expiring raised              \(summary)"
        ]
    )
    let narrow = EventLines(canvas: Canvas(now: now, width: 80)).lines(try event("raised"))
    #expect(
        narrow == [
            "2026-11-21 06:00 UTC (2 h ago)     warning   expiring raised", "    \(summary)",
        ]
    )
}

@Test func `a reload tells what changed`() throws {
    func lines(_ text: String) throws -> [String] {
        ReloadLines.changed(try JSONValue(parsing: Array(text.utf8)), width: 80)
    }
    #expect(
        try lines(#"{"added":["a"],"removed":[],"changed":["b","c"]}"#)
            == ["Reloaded: 1 added, 2 changed.", "  added    a", "  changed  b, c"]
    )
    #expect(
        try lines(#"{"added":[],"removed":[],"changed":[]}"#)
            == ["Reloaded: no tokens changed."]
    )
    let channels = #""channels":{"added":["ops"],"removed":[],"changed":["a","b"]}"#
    #expect(
        try lines(#"{"added":[],"removed":[],"changed":[],\#(channels)}"#)
            == [
                "Reloaded: no tokens changed; channels: 1 added, 2 changed.",
                "  added channel: ops", "  changed channels: a, b",
            ]
    )
    #expect(
        try lines(#"{"added":["x"],"removed":[],"changed":[],\#(channels)}"#)[0]
            == "Reloaded: 1 added; channels: 1 added, 2 changed."
    )
}

@Test func `status counts the notifications that are pending, and those that were dropped`() throws
{
    func lines(_ waiting: Int, _ givenUp: Int) throws -> [String] {
        let text = #"{"deliveries":{"waiting":\#(waiting),"given_up":\#(givenUp)}}"#
        var screen = StatusScreen(tokens: try tokens(1), canvas: Canvas(now: now, width: 80))
        screen.overview = Overview(try JSONValue(parsing: Array(text.utf8)))
        return screen.lines
    }
    #expect(try lines(3, 1).last == "Notifications: 3 pending, 1 dropped")
    #expect(try lines(0, 2).last == "Notifications: 0 pending, 2 dropped")
    #expect(try !lines(0, 0).contains { $0.hasPrefix("Notifications") })
}
