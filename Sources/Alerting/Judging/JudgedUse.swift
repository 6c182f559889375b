/// Judges use by others, or the lack of it, if the settings require it.
extension TokenState {
    func judgeCanary(_ settings: TokenSettings, _ now: Instant, _ judge: inout some Judge) {
        // The first list may report a use that is older than the canary.
        let isSeen = !settings.id.isListed || use.by == .elsewhere
        let usedAt = settings.isCanary && isSeen ? use.elsewhereAt : nil
        judge.judge(
            .usedElsewhere,
            usedAt.map { at in
                Finding(
                    .usedElsewhere,
                    .critical,
                    "\(settings.id) is a canary, and was used elsewhere \(at.forPeople(at: now))",
                    details: [Detail("used_at", at)]
                )
            },
            because: Reason(
                rule: "canary = \(settings.isCanary)",
                found: useWording(at: now),
                isAsked: settings.isCanary
            )
        )
    }

    /// Judges whether use elsewhere could be seen at all.
    func judgeObservability(_ settings: TokenSettings, _ judge: inout some Judge) {
        let isAsked = settings.isCanary || settings.unusedAfter != nil
        let finding =
            isAsked && use.isHidden
            ? Finding(
                .unobservable,
                .warning,
                "\(settings.id): other use cannot be detected: every answer shows its own poll",
                details: [Detail("answers", .integer(Int64(use.hiddenAnswers)))]
            ) : nil
        judge.judge(
            .unobservable,
            finding,
            because: Reason(
                rule: "with canary or unused_after: not \(LastUse.hidingAnswers) answers in a row "
                    + "whose last use is the poll itself",
                found: "the last \(use.hiddenAnswers) did",
                isAsked: isAsked
            )
        )
    }

    func judgeDisuse(_ settings: TokenSettings, _ now: Instant, _ judge: inout some Judge) {
        let rule = {
            "unused_after \(settings.unusedAfter.map { "= \($0.forPeople)" } ?? "is not set")"
        }
        // While use elsewhere is hidden, its absence cannot be seen.
        let unusedAfter = use.isHidden ? nil : settings.unusedAfter
        guard let unusedAfter, let since = unusedSince, now - since >= unusedAfter else {
            let beginsAt = unusedAfter.flatMap { after in unusedSince.map { $0 + after } }
            return judge.holdsNot(
                .unused,
                because: Reason(
                    rule: rule(),
                    found: use.isHidden
                        ? "other use cannot be detected" : useWording(at: now),
                    isAsked: settings.unusedAfter != nil,
                    changesAt: beginsAt
                )
            )
        }
        judge.holds(
            Finding(
                .unused,
                .info,
                "\(settings.id) has not been used elsewhere for \((now - since).forPeople)",
                details: [
                    Detail("since", since), Detail("last_used_elsewhere_at", use.elsewhereAt),
                ]
            ),
            because: Reason(rule: rule(), found: useWording(at: now))
        )
    }

    /// The last use elsewhere, or the later instant from which on one would have been seen.
    var unusedSince: Instant? {
        guard let elsewhereAt = use.elsewhereAt, let watchedSince = use.watchedSince else {
            return use.elsewhereAt ?? use.watchedSince
        }
        return max(elsewhereAt, watchedSince)
    }

    private func useWording(at now: Instant) -> String {
        if let at = use.elsewhereAt { return "used elsewhere \(at.forPeople(at: now))" }
        guard let since = use.watchedSince else { return "no good answer yet" }
        return "no use elsewhere since \(since.forPeople(at: now))"
    }
}
