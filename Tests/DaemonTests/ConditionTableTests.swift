import Alerting
import Formats
import Monitor
import Sandbox
import Testing

/// Every condition, end to end through the binary: `ConditionTable.swift` is the table.
@Suite(.timeLimit(.minutes(2)))
struct ConditionTableTests {
    @Test func `every condition is in the table, or told of elsewhere`() {
        let rows = Set(ConditionRow.all.map(\.condition))
        #expect(rows.isDisjoint(with: ConditionRow.elsewhere))
        #expect(rows.union(ConditionRow.elsewhere) == Set(Condition.allCases))
    }

    /// One daemon with a token for each row; all of them live through it at the same time.
    @Test func `each condition is raised, escalated where it can be, reminded of and resolved`()
        async throws
    {
        let rows = ConditionRow.all
        var settings = Settings()
        settings.policy = "remind = \"1s\""
        settings.tokens = rows.compactMap { row in
            row.id.map { Settings.Token(id: $0, config: row.config, play: row.play) }
        }
        try await withDaemon(settings) { daemon in
            var raised: [Told] = []
            for row in rows { raised.append(try await raise(row, in: daemon)) }
            var worst = raised
            for (index, row) in rows.enumerated() {
                guard let severity = row.tightensTo else { continue }
                let escalated = try await daemon.told("escalated", row)
                #expect(escalated.severity == severity.rawValue, "\(row.name)")
                #expect(escalated.isAbout(raised[index]), "\(escalated.text)")
                #expect(escalated.secondsToReminder == 1, "\(escalated.text)")
                worst[index] = escalated
            }
            for (index, row) in rows.enumerated() {
                let reminded = try await daemon.told("reminded", row, after: worst[index])
                #expect(reminded.severity == worst[index].severity, "\(row.name)")
                #expect(reminded.isAbout(raised[index]), "\(reminded.text)")
                #expect(reminded.secondsToReminder == 1, "\(reminded.text)")
                #expect(reminded.summary.contains(row.words), "\(reminded.summary)")
                try await expectShown(row, worst[index], by: daemon)
            }
            for (index, row) in rows.enumerated() {
                try await row.mend(daemon, row.id ?? "")
                if let id = row.id { try await daemon.pollNow(id) }
                let resolved = try await daemon.told("resolved", row)
                #expect(resolved.severity == worst[index].severity, "\(row.name)")
                #expect(resolved.isAbout(raised[index]), "\(resolved.text)")
                #expect(resolved.json["next_reminder_at"]?.isNull == true, "\(resolved.text)")
                let mended = resolved.details["mended"]?.string ?? ""
                #expect(mended.contains(row.mended), "\(row.name): \(mended)")
                #expect(resolved.summary.contains(mended), "\(resolved.summary)")
                expectLife(of: row, daemon.told(of: row))
            }
            for row in rows {
                // A token is unused again five seconds after its last use.
                guard let id = row.id, row.condition != .unused else { continue }
                let token = try await daemon.token(id)
                #expect(token["alerts"]?.elements?.isEmpty == true, "\(token)")
                #expect(token["state"]?.string == "ok", "\(token)")
            }
            #expect(try await daemon.command("status").status == 0)
            #expect(try await daemon.overview()["daemon_alerts"]?.elements?.isEmpty == true)
            try await expectEverywhere(daemon)
        }
    }

    /// Brings a condition about, until the webhook is told.
    private func raise(_ row: ConditionRow, in daemon: DaemonUnderTest) async throws -> Told {
        if let provoke = row.provoke {
            // One poll may be enough, or take a few.
            try await eventually {
                guard daemon.told(of: row).isEmpty else { return true }
                try await provoke(daemon, row.id ?? "")
                return false
            }
        }
        let raised = try await daemon.told("raised", row)
        #expect(raised.severity == row.severity.rawValue, "\(row.name)")
        #expect(raised.alertID == raised.id, "\(raised.text)")
        #expect(raised.json["since"] == raised.json["at"], "\(raised.text)")
        #expect(raised.secondsToReminder == 1, "\(raised.text)")
        #expect(raised.summary.contains(row.words), "\(raised.summary)")
        #expect(raised.json["subject"]?.string == (row.id == nil ? "daemon" : "token"))
        return raised
    }

    /// It is an alert of the token's object, or of the daemon in the overview, as it was told last.
    private func expectShown(
        _ row: ConditionRow,
        _ told: Told,
        by daemon: DaemonUnderTest
    ) async throws {
        let alerts: JSONValue?
        if let id = row.id {
            let token = try await daemon.token(id)
            #expect(token["state"]?.string == (told.severity == "info" ? "ok" : told.severity))
            alerts = token["alerts"]
        } else {
            alerts = try await daemon.overview()["daemon_alerts"]
        }
        let alert = alerts?.elements?.first { $0["condition"]?.string == row.name }
        #expect(alert?["severity"]?.string == told.severity, "\(row.name): \(alert ?? .null)")
        #expect(alert?["since"] == told.json["since"], "\(row.name): \(alert ?? .null)")
        #expect(alert?["stage"] == (told.details["stage"] ?? .null), "\(row.name)")
        #expect(alert?["acknowledged"]?.isNull == true, "\(row.name)")
    }

    /// One life: raised, reminded any number of times, escalated once or never, resolved.
    private func expectLife(of row: ConditionRow, _ told: [Told]) {
        let phases = told.map(\.phase).filter { $0 != "reminded" }
        let escalated = row.tightensTo == nil ? [] : ["escalated"]
        #expect(phases == ["raised"] + escalated + ["resolved"], "\(row.name)")
        let severities = told.map(\.severity)
        let tightened = row.tightensTo.map { [$0.rawValue] } ?? []
        #expect(Set(severities) == Set([row.severity.rawValue] + tightened), "\(row.name)")
        let place = told.firstIndex { $0.phase == "escalated" } ?? 0
        #expect(Set(severities[place...]).count == 1, "\(row.name): it tightens once")
    }

    /// The log and the record have what the webhook was told.
    private func expectEverywhere(_ daemon: DaemonUnderTest) async throws {
        let told = daemon.told
        let recorded = Set(try await daemon.events().map(\.json))
        for event in told {
            #expect(recorded.contains(event.json), "\(event.words)")
            let line = try await daemon.log.first { $0.contains("event=\(event.id)") }
            let word = event.phase == "resolved" ? "resolved" : event.severity
            #expect(line.contains("]: \(word): \(event.summary) [\(event.type) \(event.phase) "))
        }
    }
}

extension DaemonUnderTest {
    /// What the webhook was told of a row, oldest first.
    func told(of row: ConditionRow) -> [Told] {
        told.filter { $0.type == row.name && $0.token == row.id }
    }

    /// The first event of a row in a phase, behind another.
    func told(_ phase: String, _ row: ConditionRow, after last: Told? = nil) async throws -> Told {
        try await told(phase, row.name, of: row.id ?? "-", after: last)
    }
}

extension Told {
    /// Whether it is of the alert that an event raised.
    func isAbout(_ raised: Told) -> Bool {
        alertID == raised.id && json["since"] == raised.json["since"] && id > raised.id
    }

    /// From the event to the reminder that it announces.
    var secondsToReminder: Int64? {
        guard let at = instant(json["at"]), let next = instant(json["next_reminder_at"]) else {
            return nil
        }
        return (next - at).wholeSeconds
    }
}
