/// The judgement of the last good answer: the token's permissions and its account.
extension TokenState {
    func judgeRequired(_ settings: TokenSettings, _ judge: inout some Judge) {
        let required = settings.policy.require
        let missing =
            known?.permissions.map {
                required.notCovered(by: $0, syntax: settings.permissionSyntax)
            } ?? []
        guard let held = known?.permissions, !missing.isEmpty else {
            return judge.holdsNot(
                .permissionsMissing,
                because: Reason(
                    rule: "require = \(required.listed)",
                    found: heldWording { "\($0.listed): all covered" },
                    isAsked: !required.isEmpty
                )
            )
        }
        judge.holds(
            Finding(
                .permissionsMissing,
                .critical,
                "\(settings.id) lacks \(missing.listed())",
                details: Detail.permissions("missing", missing)
                    + Detail.permissions("permissions", held.words)
            ),
            because: Reason(
                rule: "require = \(required.listed)",
                found: "it has \(held.listed); missing: \(missing.listed())"
            )
        )
    }

    func judgeAllowed(_ settings: TokenSettings, _ judge: inout some Judge) {
        let allowed = settings.policy.allow
        var excess: [String] = []
        if let held = known?.permissions, let allowed {
            excess = held.notCovered(by: allowed, syntax: settings.permissionSyntax)
        }
        guard let held = known?.permissions, !excess.isEmpty else {
            return judge.holdsNot(
                .permissionsExcess,
                because: Reason(
                    rule: "allow \(allowed.map { "= \($0.listed)" } ?? "is not set")",
                    found: heldWording { "\($0.listed): nothing in excess" },
                    isAsked: allowed != nil
                )
            )
        }
        judge.holds(
            Finding(
                .permissionsExcess,
                .warning,
                "\(settings.id) has more permissions than allowed: \(excess.listed())",
                details: Detail.permissions("excess", excess)
                    + Detail.permissions("permissions", held.words)
            ),
            because: Reason(
                rule: "allow = \(allowed.map(\.listed) ?? "")",
                found: "it has \(held.listed); in excess: \(excess.listed())"
            )
        )
    }

    private func heldWording(_ wording: (PermissionSet) -> String) -> String {
        guard let known else { return "no good answer yet" }
        guard let held = known.permissions else {
            return "permissions not reported by the provider"
        }
        return "it has \(wording(held))"
    }

    func judgeAccount(_ settings: TokenSettings, _ judge: inout some Judge) {
        guard let expected = settings.account, let found = known?.account,
            expected.lowercased() != found.lowercased()
        else {
            return judge.holdsNot(
                .accountMismatch,
                because: Reason(
                    rule: "account \(settings.account.map { "= \($0)" } ?? "is not set")",
                    found: known?.account.map { "it belongs to \($0)" }
                        ?? "account not reported",
                    isAsked: settings.account != nil
                )
            )
        }
        judge.holds(
            Finding(
                .accountMismatch,
                .critical,
                "\(settings.id) belongs to \(found), not to \(expected)",
                details: [Detail("expected", expected), Detail("found", found)]
            ),
            because: Reason(rule: "account = \(expected)", found: "it belongs to \(found)")
        )
    }
}

extension PermissionSet {
    /// The permissions for people: `dns:*, servers:list`, or `[]`.
    fileprivate var listed: String { isEmpty ? "[]" : words.listed() }
}
