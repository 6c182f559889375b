import Alerting
import Formats
import Foundation
import Glibc
import Monitor
import Sandbox
import Testing

/// The calendar of expiries, read by another parser.
@Suite(.timeLimit(.minutes(2)))
struct DaemonCalendarTests {
    /// Prints each event of the calendar that is its standard input as JSON, and how often it
    /// differs from itself when the parser writes it anew.
    private static let script = """
        import icalendar, json, sys
        data = sys.stdin.buffer.read()
        calendar = icalendar.Calendar.from_ical(data)
        assert calendar["VERSION"] == "2.0" and calendar["PRODID"]
        assert all(len(line) <= 75 for line in data.split(b"\\r\\n")), "a line is too long"
        assert b"\\n" not in data.replace(b"\\r\\n", b""), "a line ends otherwise"
        again = icalendar.Calendar.from_ical(calendar.to_ical())
        events = calendar.walk("VEVENT")
        assert [e["UID"] for e in again.walk("VEVENT")] == [e["UID"] for e in events]
        for component in calendar.walk():
            assert not component.errors, component.errors
        print(json.dumps({
            "parts": [part.name for part in calendar.subcomponents],
            "events": [{
                "uid": event["UID"],
                "at": event.decoded("DTSTART").isoformat(),
                "summary": event["SUMMARY"],
                "description": event["DESCRIPTION"],
                "url": event.get("URL"),
            } for event in events],
        }))
        """

    private func parsed(_ daemon: DaemonUnderTest) async throws -> JSONValue {
        let file = "\(daemon.folder)/expiries.ics"
        let curl = try await Programs.run(
            "/usr/bin/curl",
            [
                "-sS", "--fail", "--unix-socket", daemon.socket, "-o", file, "-w",
                "%{content_type}", "http://tokenwatchd/v1/expiries.ics",
            ]
        )
        try #require(curl.status == 0, "\(curl.errors)")
        #expect(curl.output == "text/calendar; charset=utf-8")
        let run = try await Programs.run(
            "/bin/sh",
            ["-c", "exec /usr/bin/python3 -c \"$1\" < \"$2\"", "-", Self.script, file]
        )
        try #require(run.status == 0, "\(run.errors)")
        return try JSONValue(parsing: Array(run.output.utf8))
    }

    @Test(.enabled(if: icalendarIsInstalled, "the package python3-icalendar is not installed"))
    func `a parser that is not ours reads every expiry, whatever is in its texts`() async throws {
        let note = "a, b; c\\\\d — " + String(repeating: "ä日本🔑", count: 40)
        let settings = Settings(
            .init(
                id: "a",
                config: "owner = \"ops\"\nrenew_url = \"https://example.com/renew?a=1,2\"\n"
                    + "note = \"\(note)\"",
                play: "name = \"x\\r\\nEND:VCALENDAR\"\nexpires = \"+5d\""
            ),
            .init(id: "b", play: "expires = \"never\""),
            .init(id: "c", config: "expires = \"2099-01-31\"", play: "expires = \"never\"")
        )
        try await withDaemon(settings) { daemon in
            for id in ["a", "b", "c"] { try await daemon.untilSeen(id) }
            let events = try #require(try await parsed(daemon)["events"]?.elements)
            #expect(events.map { $0["summary"]?.string } == ["a expires", "c expires"])
            let first = try #require(events.first)
            let expiry = instant(try await daemon.token()["expires_at"])
            #expect(instant(first["at"]) == expiry)
            #expect(instant(events[1]["at"]) == Instant(text: "2099-01-31"))
            #expect(first["uid"]?.string == "a@test-1.tokenwatchd")
            #expect(first["url"]?.string == "https://example.com/renew?a=1,2")
            let description = try #require(first["description"]?.string)
            #expect(description.contains("\na, b; c\\d — ä日本🔑"), "\(description)")
            #expect(description.contains("🔑\n"), "nothing of a folded line is lost")
            #expect(description.contains("\nOwner: ops\n"))

            // A renewal moves the entry: it has the same id.
            try daemon.sandbox.edit("a", json: #"{"expires": "+90d"}"#)
            try await daemon.pollNow("a")
            _ = try await daemon.told("changed", "expiry_changed")
            let renewed = try #require(try await parsed(daemon)["events"]?[0])
            #expect(renewed["uid"] == first["uid"])
            #expect(instant(renewed["at"]) != expiry)
        }
    }

    @Test(.enabled(if: icalendarIsInstalled, "the package python3-icalendar is not installed"))
    func `a calendar of hundreds of expiries is whole, and one of none is a calendar`() async throws
    {
        var settings = Settings()
        settings.tokens = (0..<300).map { number in
            .init(id: "t\(number)", config: "expires = \"2099-01-01\"", play: "expires = \"never\"")
        }
        try await withDaemon(settings) { daemon in
            let events = try #require(try await parsed(daemon)["events"]?.elements)
            #expect(Set(events.map { $0["uid"]?.string }).count == 300)
        }
        try await withDaemon(Settings(.init(id: "a", play: "expires = \"never\""))) { daemon in
            try await daemon.untilSeen()
            let calendar = try await parsed(daemon)
            #expect(calendar["events"]?.elements?.isEmpty == true)
            #expect(calendar["parts"]?.elements?.map(\.string) == ["VTIMEZONE"])
        }
    }
}

private let icalendarIsInstalled =
    access("/usr/lib/python3/dist-packages/icalendar/__init__.py", R_OK) == 0
