import Alerting

extension [ChannelReport] {
    /// The reasons why notifications are stuck; empty if they are not.
    ///
    /// `outboxProblem` is the error of reading or writing deliveries, or nil.
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
