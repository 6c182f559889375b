import Alerting
import Monitor

/// The screen of `explain`: conditions, with their rules, and the next notifications.
struct ExplainScreen {
    let report: ExplainReport
    let canvas: Canvas

    var lines: [String] {
        let paint = canvas.paint
        let open = report.conditions.filter(\.isOpen)
        let asked = report.conditions.filter { !$0.isOpen && $0.isAsked }
        let unasked = report.conditions.filter { !$0.isOpen && !$0.isAsked }
        var lines = [
            "\(paint.bold(report.id)): \(paint.state(report.state, report.state.rawValue))", "",
        ]
        if let mute = report.mute {
            lines += wrapped(
                "Muted by \(mute.by) until \(mute.until.forPeople(at: canvas.now)): \(mute.reason)",
                indent: 0
            )
            lines.append("")
        }
        if open.isEmpty {
            lines.append(
                report.isJudged ? "No active conditions." : "No verdicts now: see Polls."
            )
        } else {
            lines.append(paint.bold("Active conditions"))
            lines += rows(open.map { ($0.name, active($0, paint)) })
        }
        lines += ["", paint.bold("Not active")]
        lines += rows(asked.map { ($0.name, inactive($0)) })
        if !unasked.isEmpty {
            lines += ["", paint.bold("Not configured")]
            lines += wrapped(unasked.map(\.name).joined(separator: ", "), indent: 2)
        }
        if !report.stages.isEmpty {
            lines += ["", paint.bold("Expiry stages")]
            lines += rows(report.stages.map { ($0.text, [stage($0)]) })
        }
        lines += ["", paint.bold("Next notifications, if nothing changes")]
        lines += report.coming.isEmpty ? ["  none"] : report.coming.flatMap(coming)
        lines += ["", paint.bold("Polls")]
        lines += rows([("last", [lastPoll]), ("next", [nextPoll])])
        if !report.cannotSee.isEmpty {
            lines += ["", paint.bold("Not reported by the provider")]
            lines += report.cannotSee.flatMap { wrapped($0, indent: 2) }
        }
        return lines.map(fitted)
    }

    /// Moves a line left if its word is wider than the column: an id has up to 64 characters.
    private func fitted(_ line: String) -> String {
        guard let width = canvas.width, !line.contains("\u{1b}") else { return line }
        let excess = DisplayWidth.of(line) - width
        guard excess > 0 else { return line }
        return String(line.dropFirst(min(excess, line.prefix { $0 == " " }.count)))
    }

    private func active(_ condition: ExplainReport.Condition, _ paint: Paint) -> [String] {
        var texts: [String] = []
        if let alert = condition.alert {
            var head = paint.state(alert.severity.health, alert.severity.rawValue)
            if let since = alert.since { head += " since \(since.forPeople(at: canvas.now))" }
            texts += [head, alert.summary]
        }
        texts += [condition.found, "rule: \(condition.rule)"]
        if condition.severity == nil {
            texts.append("Not found by the last poll; the alert stays until an answer resolves it.")
        }
        if let changesAt = condition.changesAt {
            texts.append("escalates \(changesAt.forPeople(at: canvas.now))")
        }
        if let known = condition.alert?.acknowledgement {
            texts.append(
                "acknowledged by \(known.by) until \(known.until.forPeople(at: canvas.now)): "
                    + known.reason
            )
        } else if let next = condition.alert?.nextReminderAt,
            next < condition.changesAt ?? .distant
        {
            texts.append("next reminder \(next.forPeople(at: canvas.now))")
        }
        return texts
    }

    private func inactive(_ condition: ExplainReport.Condition) -> [String] {
        var found = condition.found
        if let begins = condition.changesAt, !found.contains(begins.forPeople) {
            found += "; begins \(begins.forPeople(at: canvas.now))"
        }
        return [found, "rule: \(condition.rule)"]
    }

    private func stage(_ stage: ExplainReport.Stage) -> String {
        "\(stage.severity.rawValue), \(stage.isReached ? "reached" : "begins") "
            + stage.beginsAt.forPeople(at: canvas.now)
    }

    private func coming(_ event: ExplainReport.Foretold) -> [String] {
        let recipients =
            event.channels.isEmpty
            ? "recorded only" : "to \(event.channels.joined(separator: ", "))"
        let head =
            "\(event.at.forPeople(at: canvas.now)): \(event.severity.rawValue), \(event.type) "
            + "\(event.phase), \(recipients)"
        // A reminder repeats the summary above.
        let summary = event.phase == "reminded" ? [] : wrapped(event.summary, indent: 6)
        let delays = event.delayed.flatMap { delay in
            let text =
                delay.sentAt.map { "sent \($0.forPeople(at: canvas.now)), after the quiet hours" }
                ?? "not sent: it is resolved or repeated within the quiet hours"
            return wrapped("\(delay.channel): \(text)", indent: 6)
        }
        return wrapped(head, indent: 2, hanging: 4) + summary + delays
    }

    private var lastPoll: String {
        guard let last = report.lastPollAt else { return "none yet" }
        return [
            last.forPeople(at: canvas.now) + (report.lastOutcome.map { ": \($0)" } ?? ""),
            report.lastError,
        ].compactMap(\.self).joined(separator: "; ")
    }

    private var nextPoll: String {
        guard let next = report.nextPollAt else { return report.pollReason }
        return (next > canvas.now ? next.forPeople(at: canvas.now) : "now")
            + ": \(report.pollReason)"
    }

    /// Returns rows with a name in the first column, and texts of a line or more in the second.
    private func rows(_ rows: [(name: String, texts: [String])]) -> [String] {
        let column = (rows.map { $0.name.utf8.count }.max() ?? 0) + 4
        return rows.flatMap { name, texts in
            texts.enumerated().flatMap { index, text in
                let start = DisplayWidth.padded(index == 0 ? "  \(name)" : "", to: column)
                return TextWrap.lines(text, after: start, width: canvas.width)
            }
        }
    }

    /// Returns lines that fit the screen; all but the first are indented by `hanging` more.
    private func wrapped(_ text: String, indent: Int, hanging: Int = 0) -> [String] {
        let first = canvas.width.map { max(20, $0 - indent) } ?? .max
        let rest = canvas.width.map { max(20, $0 - indent - hanging) } ?? .max
        return TextWrap.lines(text, width: rest, first: first).enumerated().map {
            String(repeating: " ", count: indent + ($0 > 0 ? hanging : 0)) + $1
        }
    }
}
