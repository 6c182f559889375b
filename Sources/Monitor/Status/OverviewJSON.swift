import Alerting

extension StatusPorts.Overview {
    /// The object of `GET /v1/status`.
    func write(into json: inout JSONWriter, startedAt: Instant, at now: Instant) {
        json.object { json in
            json.key("version")
            json.value(Version.number)
            json.key("instance")
            json.value(instance)
            json.key("started_at")
            json.value(startedAt)
            json.key("uptime_s")
            json.value(max(0, (now - startedAt).wholeSeconds))
            json.key("clock")
            json.object { json in
                json.key("now")
                json.value(now)
                json.key("believed")
                json.value(summary.belief.rawValue)
                json.key("problem")
                json.value(summary.clockLead)
            }
            json.key("config")
            json.object { json in
                json.key("path")
                json.value(configurationPath)
                json.key("loaded_at")
                json.value(configurationLoadedAt)
                json.key("last_error")
                json.value(configurationError)
            }
            json.key("tokens")
            json.object { json in
                for health in TokenHealth.allCases {
                    json.key(health.rawValue)
                    json.value(summary.tally.tokens[health] ?? 0)
                }
            }
            json.key("alerts")
            json.object { json in
                for severity in Severity.allCases.reversed() {
                    json.key(severity.rawValue)
                    json.value(summary.tally.alerts[severity] ?? 0)
                }
            }
            json.key("host_alerts")
            json.array { json in
                for (host, alerts) in hostAlerts.sorted(by: { $0.key < $1.key }) {
                    for shown in alerts {
                        shown.alert.write(into: &json, summary: shown.finding.summary, host: host)
                    }
                }
            }
            json.key("daemon_alerts")
            json.array { json in
                for shown in daemonAlerts.sorted(by: { $0.alert.leads($1.alert) }) {
                    shown.alert.write(into: &json, summary: shown.finding.summary)
                }
            }
            json.key("mutes")
            json.value(summary.mutes)
            json.key("deliveries")
            json.object { json in
                json.key("waiting")
                json.value(deliveriesWaiting)
                json.key("given_up")
                json.value(deliveriesGivenUp)
            }
            json.key("polls")
            json.object { json in
                json.key("done")
                json.value(summary.tally.polls.done)
                json.key("failed")
                json.value(summary.tally.polls.failed)
            }
            json.key("next_poll_at")
            json.value(summary.nextPollAt)
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
    /// Whether it is listed before another: a wrong clock explains what follows.
    fileprivate func leads(_ other: Alert) -> Bool {
        let isClock = condition == .clockWrong
        if isClock != (other.condition == .clockWrong) { return isClock }
        return isWorse(than: other)
    }
}
