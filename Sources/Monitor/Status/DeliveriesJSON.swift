import Alerting
import Formats
import HTTP
import Store

extension StatusRoutes {
    /// The most listed deliveries: nobody reads more, and `/v1/status` has the counts.
    private static var maximumDeliveries: Int { 1000 }

    func deliveries() async -> HTTPResponse {
        do {
            let deliveries = try await ports.deliveries(Self.maximumDeliveries)
            return json { json in
                json.object { json in
                    json.array("waiting") { for one in deliveries.waiting { one.write(into: &$0) } }
                    json.array("given_up") {
                        for one in deliveries.givenUp { one.write(into: &$0) }
                    }
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
            json.field("event_id", eventID)
            json.field("channel", channel)
            json.field("subject", subject)
            json.field("type", type)
            json.field("phase", phase)
            json.field("severity", severity)
            json.field("summary", summary)
            json.field("created_at", createdAt)
            json.field("attempts", attempts)
            json.field("next_attempt_at", givenUpAt == nil ? nextAttemptAt : nil)
            json.field("last_error", lastError)
            json.field("given_up_at", givenUpAt)
        }
    }
}

extension ChannelTest {
    /// Writes the result of a test event at a channel.
    func write(into json: inout JSONWriter) {
        let error = result.error
        json.object { json in
            json.field("channel", channel)
            json.field("delivered", error == nil)
            json.field("error", error)
        }
    }
}
