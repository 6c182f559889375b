import Alerting
import HTTP
import Store

extension StatusRoutes {
    /// Nobody reads more; `/v1/status` has the counts.
    private static var maximumDeliveries: Int { 1000 }

    func deliveries() async -> HTTPResponse {
        do {
            let deliveries = try await ports.deliveries(Self.maximumDeliveries)
            return json { json in
                json.object { json in
                    json.key("waiting")
                    json.array { for one in deliveries.waiting { one.write(into: &$0) } }
                    json.key("given_up")
                    json.array { for one in deliveries.givenUp { one.write(into: &$0) } }
                }
            }
        } catch {
            return .problem(503, "the deliveries cannot be read: \(error)")
        }
    }
}

extension ListedDelivery {
    func write(into json: inout JSONWriter) {
        json.object { json in
            json.key("event_id")
            json.value(eventID)
            json.key("channel")
            json.value(channel)
            json.key("subject")
            json.value(subject)
            json.key("type")
            json.value(type)
            json.key("phase")
            json.value(phase)
            json.key("severity")
            json.value(severity)
            json.key("summary")
            json.value(summary)
            json.key("created_at")
            json.value(createdAt)
            json.key("attempts")
            json.value(attempts)
            json.key("next_attempt_at")
            json.value(givenUpAt == nil ? nextAttemptAt : nil)
            json.key("last_error")
            json.value(lastError)
            json.key("given_up_at")
            json.value(givenUpAt)
        }
    }
}

extension ChannelTest {
    /// The result of a test event at a channel.
    func write(into json: inout JSONWriter) {
        var error: String?
        switch result {
        case .delivered: break
        case .retry(let text, _), .giveUp(let text): error = text
        }
        json.object { json in
            json.key("channel")
            json.value(channel)
            json.key("delivered")
            json.value(error == nil)
            json.key("error")
            json.value(error)
        }
    }
}
