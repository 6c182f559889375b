import Alerting
import Monitor

/// Why a token does or does not alert now, and what comes next.
struct ExplainScreen {
    let report: ExplainReport
    let now: Instant
    let width: Int?
    let hasColour: Bool

    var lines: [String] {
        let paint = Paint(isOn: hasColour)
        let open = report.conditions.filter(\.isOpen)
        let asked = report.conditions.filter { !$0.isOpen && $0.isAsked }
        let unasked = report.conditions.filter { !$0.isOpen && !$0.isAsked }
        var lines = [
            "\(paint.bold(report.id)): \(paint.state(report.state, report.state.rawValue))", "",
        ]
        if let mute = report.mute {
            lines += wrapped(
                "Muted by \(mute.by) until \(mute.until.forPeople(at: now)): \(mute.reason)",
                indent: 0
            )
            lines.append("")
        }
        if open.isEmpty {
            lines.append(
                report.isJudged ? "Nothing is wrong with it." : "Nothing is judged now: see Polls."
            )
        } else {
            lines.append(paint.bold("Holds"))
            lines += rows(open.map { ($0.name, holding($0, paint)) })
        }
        lines += ["", paint.bold("Does not hold")]
        lines += rows(asked.map { ($0.name, notHolding($0)) })
        if !unasked.isEmpty {
            lines += ["", paint.bold("Not asked for by the configuration")]
            lines += wrapped(unasked.map(\.name).joined(separator: ", "), indent: 2)
        }
        if !report.stages.isEmpty {
            lines += ["", paint.bold("Stages before the expiry")]
            lines += rows(report.stages.map { ($0.text, [stage($0)]) })
        }
        lines += ["", paint.bold("What will be said, if polls bring nothing new")]
        lines += report.coming.isEmpty ? ["  nothing"] : report.coming.flatMap(coming)
        lines += ["", paint.bold("Polls")]
        lines += rows([("last", [lastPoll]), ("next", [nextPoll])])
        if !report.cannotSee.isEmpty {
            lines += ["", paint.bold("What its provider does not tell")]
            lines += report.cannotSee.flatMap { wrapped($0, indent: 2) }
        }
        return lines
    }

    private func holding(_ condition: ExplainReport.Condition, _ paint: Paint) -> [String] {
        var texts: [String] = []
        if let alert = condition.alert {
            var head = paint.state(alert.severity.health, alert.severity.rawValue)
            if let since = alert.since { head += " since \(since.forPeople(at: now))" }
            texts += [head, alert.summary]
        }
        texts += [condition.found, "rule: \(condition.rule)"]
        if condition.severity == nil {
            texts.append("It is not found now; the alert stays until an answer ends it.")
        }
        if let changesAt = condition.changesAt {
            texts.append("gets worse \(changesAt.forPeople(at: now))")
        }
        if let known = condition.alert?.acknowledgement {
            texts.append(
                "acknowledged by \(known.by) until \(known.until.forPeople(at: now)): "
                    + known.reason
            )
        } else if let next = condition.alert?.nextReminderAt,
            next < condition.changesAt ?? .distant
        {
            texts.append("next reminder \(next.forPeople(at: now))")
        }
        return texts
    }

    private func notHolding(_ condition: ExplainReport.Condition) -> [String] {
        var found = condition.found
        if let begins = condition.changesAt, !found.contains(begins.forPeople) {
            found += "; it begins \(begins.forPeople(at: now))"
        }
        return [found, "rule: \(condition.rule)"]
    }

    private func stage(_ stage: ExplainReport.Stage) -> String {
        "\(stage.severity.rawValue), \(stage.isReached ? "reached" : "begins") "
            + stage.beginsAt.forPeople(at: now)
    }

    private func coming(_ event: ExplainReport.Foretold) -> [String] {
        let told =
            event.channels.isEmpty
            ? "to no channel" : "to \(event.channels.joined(separator: ", "))"
        let head =
            "\(event.at.forPeople(at: now)): \(event.severity.rawValue), \(event.type) "
            + "\(event.phase), \(told)"
        // A reminder says again what is said above.
        let summary = event.phase == "reminded" ? [] : wrapped(event.summary, indent: 6)
        return wrapped(head, indent: 2, hanging: 4) + summary
    }

    private var lastPoll: String {
        guard let last = report.lastPollAt else { return "not yet" }
        return [
            last.forPeople(at: now) + (report.lastOutcome.map { ": \($0)" } ?? ""),
            report.lastError,
        ].compactMap(\.self).joined(separator: "; ")
    }

    private var nextPoll: String {
        guard let next = report.nextPollAt else { return report.pollReason }
        return (next > now ? next.forPeople(at: now) : "now") + ": \(report.pollReason)"
    }

    /// A name in the first column, and beside it texts that begin a line each.
    private func rows(_ rows: [(name: String, texts: [String])]) -> [String] {
        let column = (rows.map { $0.name.utf8.count }.max() ?? 0) + 4
        return rows.flatMap { name, texts in
            texts.flatMap { wrapped($0, indent: column) }.enumerated().map { index, line in
                index > 0
                    ? line
                    : DisplayWidth.padded("  \(name)", to: column) + line.dropFirst(column)
            }
        }
    }

    /// Lines no longer than the screen; those behind the first are `hanging` further in.
    private func wrapped(_ text: String, indent: Int, hanging: Int = 0) -> [String] {
        let first = width.map { max(20, $0 - indent) } ?? .max
        let rest = width.map { max(20, $0 - indent - hanging) } ?? .max
        return TextWrap.lines(text, width: rest, first: first).enumerated().map {
            String(repeating: " ", count: indent + ($0 > 0 ? hanging : 0)) + $1
        }
    }
}
