import Alerting

extension StatusPorts.Overview {
    /// Writes the object of `GET /v1/status`.
    func write(into json: inout JSONWriter, startedAt: Instant, at now: Instant) {
        json.object { json in
            json.field("version", Version.number)
            json.field("instance", instance)
            json.field("started_at", startedAt)
            json.field("uptime_s", max(0, (now - startedAt).wholeSeconds))
            json.object("clock") { json in
                json.field("now", now)
                json.field("believed", summary.belief.rawValue)
                json.field("problem", summary.clockLead)
            }
            json.object("config") { json in
                json.field("path", configurationPath)
                json.field("loaded_at", configurationLoadedAt)
                json.field("last_error", configurationError)
            }
            json.object("tokens") { json in
                for health in TokenHealth.allCases {
                    json.field(health.rawValue, summary.tally.tokens[health] ?? 0)
                }
            }
            json.object("alerts") { json in
                for severity in Severity.allCases.reversed() {
                    json.field(severity.rawValue, summary.tally.alerts[severity] ?? 0)
                }
            }
            json.array("host_alerts") { json in
                for (host, alerts) in hostAlerts.sorted(by: { $0.key < $1.key }) {
                    for shown in alerts {
                        shown.alert.write(into: &json, summary: shown.finding.summary, host: host)
                    }
                }
            }
            json.array("daemon_alerts") { json in
                for shown in daemonAlerts.sorted(by: { $0.alert.leads($1.alert) }) {
                    shown.alert.write(into: &json, summary: shown.finding.summary)
                }
            }
            json.field("mutes", summary.mutes)
            json.object("deliveries") { json in
                json.field("waiting", deliveriesWaiting)
                json.field("given_up", deliveriesGivenUp)
            }
            json.object("polls") { json in
                json.field("done", summary.tally.polls.done)
                json.field("failed", summary.tally.polls.failed)
            }
            json.field("next_poll_at", summary.nextPollAt)
        }
    }
}

extension StatusPorts.Overview {
    private var hostAlerts: [(key: String, alerts: [Engine.SubjectAlert])] {
        summary.subjects.compactMap { subject, alerts in
            guard case .host(let host) = subject else { return nil }
            return (host, alerts)
        }
    }

    private var daemonAlerts: [Engine.SubjectAlert] {
        summary.subjects.flatMap { subject, alerts in
            subject.eventSubject == .daemon ? alerts : []
        }
    }
}

extension Alert {
    /// Whether it precedes another alert in the list: a wrong clock explains the following alerts.
    fileprivate func leads(_ other: Alert) -> Bool {
        let isClock = condition == .clockWrong
        if isClock != (other.condition == .clockWrong) { return isClock }
        return isWorse(than: other)
    }
}
