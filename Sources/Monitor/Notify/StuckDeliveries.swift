import Alerting

extension [ChannelReport] {
    /// Why notifications are stuck; empty if they are not.
    ///
    /// `outboxProblem` is why deliveries cannot be read or written; nil while they can.
    func stuck(at now: Moment, outboxProblem: String?) -> [String] {
        var problems: [String] = []
        if let outboxProblem {
            problems.append("deliveries cannot be read or written: \(outboxProblem)")
        }
        for report in self {
            guard let since = report.oldestWaiting, now - since >= ChannelTrouble.longestWait else {
                continue
            }
            let error = report.lastError.map { ": \($0)" } ?? ""
            problems.append(
                "a delivery to channels.\(report.name) has waited for "
                    + (now - since).forPeople + error
            )
        }
        return problems
    }
}
