import Formats
import Monitor
import Testing

/// Records with errors put in, and the complaints about them.
struct MeddledRecord: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let problem: String
    let meddle: @Sendable (inout SoakRecord) -> Void

    init(
        _ description: String,
        _ problem: String,
        _ meddle: @escaping @Sendable (inout SoakRecord) -> Void
    ) {
        testDescription = description
        self.problem = problem
        self.meddle = meddle
    }
}

/// What judges a soak is itself judged: a soak that finds nothing has to mean something.
@Suite struct SoakRecordTests {
    private static func event(
        _ id: String,
        _ words: String,
        alert: String? = nil,
        severity: String = "warning",
        details: String = "{}"
    ) -> Told {
        let parts = words.split(separator: " ")
        let token = parts.count > 2 ? "{\"id\":\"\(parts[2])\"}" : "null"
        let text = """
            {"id":"\(id)","phase":"\(parts[0])","type":"\(parts[1])","severity":"\(severity)",\
            "token":\(token),"host":\(parts[1].hasPrefix("host_") ? "\"h\"" : "null"),"alert_id":\(alert.map { "\"\($0)\"" } ?? "null"),\
            "summary":"","details":\(details)}
            """
        return Told(json: (try? JSONValue(parsing: Array(text.utf8))) ?? .null, text: text)
    }

    /// Two tokens' lives: warned, escalated, reminded of twice, expired, renewed; a rename; and a
    /// host that refuses them.
    private static let sound: SoakRecord = {
        let events = [
            event("01", "changed first_seen a", severity: "info"),
            event("02", "raised expiring a", alert: "02"),
            event("03", "raised rejected b", alert: "03", severity: "critical"),
            event("04", "escalated expiring a", alert: "02", severity: "critical"),
            event("05", "reminded expiring a", alert: "02", severity: "critical"),
            event("06", "reminded expiring a", alert: "02", severity: "critical"),
            event("07", "raised expired a", alert: "07", severity: "critical"),
            event("08", "raised config_rejected", alert: "08"),
            event("09", "changed renamed a", details: #"{"old":"x","new":"y"}"#),
            event("10", "resolved expired a", alert: "07", severity: "critical"),
            event("A0", "raised host_rejecting", alert: "A0", severity: "critical"),
            event("A1", "raised rejected a", alert: "A1", severity: "critical"),
            event("A2", "resolved rejected b", alert: "03", severity: "critical"),
            event("A3", "resolved host_rejecting", alert: "A0", severity: "critical"),
            event("A4", "resolved rejected a", alert: "A1", severity: "critical"),
        ]
        // The first reminder waited, and the second one took its place; the host's alert stands for
        // the refusal of one token, and not for that of the other, which was told before.
        let told = events.filter { !["01", "05", "A1", "A4"].contains($0.id) }
        return SoakRecord(
            events: events,
            requests: told.map { .init(id: $0.id, body: $0.text, isTaken: true) },
            logged: told.map(\.id)
        )
    }()

    @Test func `a record in order has no problems, though a crash repeated what was told`() {
        #expect(Self.sound.problems == [])
        var repeated = Self.sound
        repeated.requests += repeated.requests.suffix(4)
        repeated.requests.insert(repeated.requests[0], at: 2)
        repeated.requests[0].isTaken = false
        repeated.logged.insert(contentsOf: repeated.logged.prefix(3), at: 3)
        #expect(repeated.problems == [])
        let open = AlertLives(of: Self.sound.events).open
        #expect(open == ["daemon": ["config_rejected"]])
    }

    @Test func `an alert that is back before its end takes the place of the milder one`() {
        let events = [
            Self.event("02", "raised expired a", alert: "02", severity: "critical"),
            Self.event("03", "raised expiring a", alert: "03"),
            Self.event("04", "reminded expired a", alert: "02", severity: "critical"),
            Self.event("05", "raised expiring a", alert: "05"),
        ]
        #expect(AlertLives(of: events).problems == [])
        #expect(AlertLives(of: [events[0], events[1], events[3]]).problems.count == 1)
    }

    @Test(arguments: [
        MeddledRecord("an event that never came", "the webhook never got 04") {
            $0.requests.removeAll { $0.id == "04" }
        },
        MeddledRecord("one that was refused alone", "the webhook never got A3") {
            $0.requests[$0.requests.count - 1].isTaken = false
        },
        MeddledRecord("the newest reminder that never came", "the webhook never got 06") {
            $0.requests.removeAll { $0.id == "06" }
        },
        MeddledRecord("one that the host's alert stands for and was told", "not to be told") {
            $0.logged.append("A1")
        },
        MeddledRecord("the end of what was never told", "the log got A4") {
            $0.logged.append("A4")
        },
        MeddledRecord("an end that was not told to whom was told", "the webhook never got A2") {
            $0.requests.removeAll { $0.id == "A2" }
        },
        MeddledRecord("a line that is not in the log", "the log never got 02") {
            $0.logged.removeAll { $0 == "02" }
        },
        MeddledRecord("two of a token that came the wrong way round", "behind a later event") {
            $0.requests.swapAt(0, 2)
        },
        MeddledRecord("an event that was told and never written", "is not in the record") {
            $0.events.removeAll { $0.id == "09" }
        },
        MeddledRecord("a line of an event that was never written", "the log got 99") {
            $0.logged.append("99")
        },
        MeddledRecord("a body that is another the second time", "came again as another") {
            $0.requests.append(.init(id: "02", body: "{\"id\":\"02\"}", isTaken: true))
        },
        MeddledRecord("a body that is not as it is recorded", "is recorded as another") {
            $0.requests[0].body += " "
            $0.requests[0].body.replace("warning", with: "info")
        },
        MeddledRecord("a header that names another event", "the header names 02") {
            $0.requests[0].body = $0.requests[1].body
        },
        MeddledRecord("one id twice", "the record has 02") {
            $0.events.insert($0.events[1], at: 1)
        },
        MeddledRecord("ids that do not ascend", "the record has 03") { $0.events.swapAt(2, 3) },
        MeddledRecord("an alert that is raised twice", "raised again while it holds: B0") {
            $0.events.append(Self.event("B0", "raised config_rejected", alert: "B0"))
        },
        MeddledRecord("an alert raised under another's id", "raised as another: B0") {
            $0.events.append(Self.event("B0", "raised expired a", alert: "07"))
        },
        MeddledRecord("an alert that resolves twice", "it does not hold: B0") {
            $0.events.append(Self.event("B0", "resolved expired a", alert: "07"))
        },
        MeddledRecord("a reminder of what was never raised", "it does not hold: B0") {
            $0.events.append(Self.event("B0", "reminded unused a", alert: "11"))
        },
        MeddledRecord("a warning that resolves though expired stands for it", "it does not hold") {
            $0.events.append(Self.event("B0", "resolved expiring a", alert: "02"))
        },
        MeddledRecord("an alert that goes on under another id", "of another alert: B0") {
            $0.events.append(Self.event("B0", "reminded config_rejected", alert: "04"))
        },
        MeddledRecord("one that escalates behind its end", "it does not hold: B0") {
            $0.events.append(Self.event("B0", "escalated expired a", alert: "07"))
        },
    ])
    func `what is wrong with a record is found`(meddled: MeddledRecord) {
        var record = Self.sound
        meddled.meddle(&record)
        #expect(record.problems.contains { $0.contains(meddled.problem) }, "\(record.problems)")
    }

    private let start = SoakFacts(
        permissions: ["dns:list"],
        expiry: "never",
        account: "john",
        name: "a"
    )
    private let changes = [
        event(
            "01",
            "changed permissions_changed a",
            details: #"{"added":["dns:*"],"removed":["dns:list"],"permissions":["dns:*"]}"#
        ),
        event("02", "changed expiry_changed a", details: #"{"old":"never","new":"2099"}"#),
        event("03", "changed account_changed a", details: #"{"old":"john","new":"eve"}"#),
        event("04", "changed renamed a", details: #"{"old":"a","new":"b"}"#),
        event(
            "05",
            "changed rotated a",
            details: """
                {"added":["vps:*"],"removed":[],"old_expiry":"2099","new_expiry":"never",\
                "old_account":"eve","new_account":"eve","old_name":"b","new_name":"c"}
                """
        ),
    ]

    @Test func `changes lead from the first facts to the last`() {
        var facts = start
        #expect(facts.follow(changes) == [])
        #expect(facts.permissions == ["dns:*", "vps:*"])
        #expect(facts.expiry == "never")
        #expect(facts.account == "eve")
        #expect(facts.name == "c")
    }

    @Test(arguments: 0..<4)
    func `a change that is missing is found at the next one of its kind`(index: Int) {
        var facts = start
        var changes = changes
        changes.remove(at: index)
        // Nothing of the rotation hangs on what was held before.
        let found = !facts.follow(changes).isEmpty || facts.permissions != ["dns:*", "vps:*"]
        #expect(found)
    }

    @Test(arguments: 0..<5)
    func `a change that is told twice is found`(index: Int) {
        var facts = start
        var changes = changes
        changes.insert(changes[index], at: index)
        #expect(!facts.follow(changes).isEmpty)
    }
}
