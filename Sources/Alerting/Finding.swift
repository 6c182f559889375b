/// A condition that holds now, with everything that is said of it.
package struct Finding: Hashable, Sendable {
    package let condition: Condition
    package let severity: Severity
    package let summary: String
    package let details: [Detail]
    package let stage: ReachedStage?

    package init(
        _ condition: Condition,
        _ severity: Severity,
        _ summary: String,
        details: [Detail] = [],
        stage: ReachedStage? = nil
    ) {
        self.condition = condition
        self.severity = severity
        self.summary = summary
        self.details = details
        self.stage = stage
    }
}

/// How long before the known expiry a refusal is a revocation, and after which it is the expiry.
package let rejectionMargin: Duration = .minutes(2)

extension TokenState {
    /// Every condition of this token that holds at an instant.
    ///
    /// A refusal silences the warnings of the expiry, not the expiry itself, and not where it may be
    /// the host's fault.
    package func findings(
        for settings: TokenSettings,
        at now: Instant,
        isRefusalTheHosts: Bool = false
    ) -> [Finding] {
        var findings: [Finding] = []
        if let secretProblem {
            findings.append(
                Finding(
                    .noSecret,
                    .critical,
                    "\(settings.id) has no usable secret: \(secretProblem)",
                    details: [Detail("problem", secretProblem)]
                )
            )
        }
        if let rejectedSince {
            findings.append(rejected(since: rejectedSince, settings, now))
        }
        if let finding = ending(settings, now),
            rejectedSince == nil || isRefusalTheHosts || finding.condition == .expired
        {
            findings.append(finding)
        }
        if let finding = unreachable(settings, now) { findings.append(finding) }
        if let malformed {
            findings.append(
                Finding(
                    .malformed,
                    .warning,
                    "\(settings.id): the answer of \(settings.host) cannot be read: \(malformed)",
                    details: [Detail("error", malformed)]
                )
            )
        }
        if let known { findings += judged(known, settings) }
        findings += used(settings, now)
        if let duplicateOf {
            findings.append(
                Finding(
                    .duplicate,
                    .warning,
                    "\(settings.id) holds the same secret as \(duplicateOf)",
                    details: [Detail("other", duplicateOf.text)]
                )
            )
        }
        return findings
    }

    private func rejected(
        since: Instant,
        _ settings: TokenSettings,
        _ now: Instant
    ) -> Finding {
        let expiry = EffectiveExpiry(of: self, statedExpiry: settings.statedExpiry).instant
        var summary = "\(settings.id) is rejected by \(settings.host)"
        if let rejection { summary += " (\(rejection))" }
        summary += ": revoked, replaced or wrong"
        if let expiry, expiry > now {
            summary += "; it was to expire \(expiry.forPeople(at: now))"
        }
        return Finding(
            .rejected,
            .critical,
            summary,
            details: [
                Detail("rejected_since", since), Detail("answer", rejection),
                Detail("expires_at", expiry),
            ]
        )
    }

    /// `expired` or `expiring`.
    private func ending(_ settings: TokenSettings, _ now: Instant) -> Finding? {
        let effective = EffectiveExpiry(of: self, statedExpiry: settings.statedExpiry)
        let expiry = effective.instant
        if known?.saysExpired == true || expiry.map({ $0 <= now }) == true {
            let text =
                if let expiry, expiry <= now {
                    "\(settings.id) expired \(expiry.forPeople(at: now))\(difference(settings))"
                } else {
                    "\(settings.id) has expired, says \(settings.host)"
                }
            return Finding(.expired, .critical, text, details: [Detail("expires_at", expiry)])
        }
        guard case .at(let expiry, let source) = effective else { return nil }
        let left = expiry - now
        guard
            let stage = settings.policy.stages(life: life(until: expiry))
                .first(where: { left <= $0.before })
        else { return nil }
        return Finding(
            .expiring,
            stage.severity,
            "\(settings.id) expires \(expiry.forPeople(at: now))\(difference(settings))",
            details: [
                Detail("expires_at", expiry), Detail("stage", stage.text),
                Detail("seconds_left", .integer(left.wholeSeconds)),
                Detail("expires_from", source.rawValue),
            ],
            stage: stage
        )
    }

    /// What continues a sentence on the expiry where the other place says otherwise; else empty.
    private func difference(_ settings: TokenSettings) -> String {
        EffectiveExpiry.difference(of: self, statedExpiry: settings.statedExpiry).map { ", \($0)" }
            ?? ""
    }

    private func unreachable(_ settings: TokenSettings, _ now: Instant) -> Finding? {
        guard let verdictAt, pollsWithoutVerdict >= 2 else { return nil }
        let silence = now - verdictAt
        guard silence >= settings.policy.unreachableAfter else { return nil }
        let isCritical = silence >= settings.policy.unreachableCriticalAfter
        let error = lastError ?? "no answer"
        return Finding(
            .unreachable,
            isCritical ? .critical : .warning,
            "\(settings.id): no verdict from \(settings.host) for \(silence.forPeople): \(error)",
            details: [
                Detail("last_outcome", lastOutcome?.rawValue), Detail("last_error", lastError),
                Detail("no_verdict_since", verdictAt),
            ]
        )
    }

    /// Use by others, or the lack of it, where the settings ask for it and it can be known.
    private func used(_ settings: TokenSettings, _ now: Instant) -> [Finding] {
        guard settings.isCanary || settings.unusedAfter != nil else { return [] }
        var findings: [Finding] = []
        if settings.isCanary, let at = use.elsewhereAt {
            findings.append(
                Finding(
                    .usedElsewhere,
                    .critical,
                    "\(settings.id) is a canary, and was used elsewhere \(at.forPeople(at: now))",
                    details: [Detail("used_at", at)]
                )
            )
        }
        if use.isHidden {
            findings.append(
                Finding(
                    .unobservable,
                    .warning,
                    "\(settings.id): use elsewhere cannot be seen: every answer shows its own poll",
                    details: [Detail("answers", .integer(Int64(use.hiddenAnswers)))]
                )
            )
        } else if let unusedAfter = settings.unusedAfter, let since = unusedSince,
            now - since >= unusedAfter
        {
            findings.append(
                Finding(
                    .unused,
                    .info,
                    "\(settings.id) was not seen used elsewhere for \((now - since).forPeople)",
                    details: [
                        Detail("since", since), Detail("last_used_elsewhere_at", use.elsewhereAt),
                    ]
                )
            )
        }
        return findings
    }

    /// The last use elsewhere, or the instant from which one would have been seen if that is later.
    var unusedSince: Instant? {
        guard let elsewhereAt = use.elsewhereAt, let watchedSince = use.watchedSince else {
            return use.elsewhereAt ?? use.watchedSince
        }
        return max(elsewhereAt, watchedSince)
    }

    /// What is judged of the last good answer.
    private func judged(_ known: Facts, _ settings: TokenSettings) -> [Finding] {
        var findings: [Finding] = []
        let policy = settings.policy
        if let held = known.permissions {
            let missing = policy.require.notCovered(by: held, syntax: settings.permissionSyntax)
            if !missing.isEmpty {
                findings.append(
                    Finding(
                        .permissionsMissing,
                        .critical,
                        "\(settings.id) lacks \(missing.listed())",
                        details: [
                            Detail("missing", .texts(missing)),
                            Detail("permissions", .texts(held.words)),
                        ]
                    )
                )
            }
            let excess =
                policy.allow.map {
                    held.notCovered(by: $0, syntax: settings.permissionSyntax)
                } ?? []
            if !excess.isEmpty {
                findings.append(
                    Finding(
                        .permissionsExcess,
                        .warning,
                        "\(settings.id) holds more than allowed: \(excess.listed())",
                        details: [
                            Detail("excess", .texts(excess)),
                            Detail("permissions", .texts(held.words)),
                        ]
                    )
                )
            }
        }
        if policy.mustExpire,
            EffectiveExpiry(of: self, statedExpiry: settings.statedExpiry) == .never
        {
            findings.append(
                Finding(.noExpiry, .warning, "\(settings.id) never expires, and it must")
            )
        }
        if let expected = settings.account, let found = known.account,
            expected.lowercased() != found.lowercased()
        {
            findings.append(
                Finding(
                    .accountMismatch,
                    .critical,
                    "\(settings.id) belongs to \(found), not to \(expected)",
                    details: [Detail("expected", expected), Detail("found", found)]
                )
            )
        }
        return findings
    }
}
