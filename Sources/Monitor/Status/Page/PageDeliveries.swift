import Alerting
import Store

/// The pending and dropped deliveries.
struct PageDeliveries {
    let overview: StatusPorts.Overview
    /// The deliveries, oldest first, at most as many of each as fit; nil if they cannot be read.
    let deliveries: (waiting: [ListedDelivery], givenUp: [ListedDelivery])?
    let hasPageOfItsOwn: Bool
    let now: Instant

    /// The most deliveries on the main page; oldest first, because the longest wait matters.
    static let shownLimit = 20
    /// The most deliveries on the page of notifications.
    static let mostOnTheirPage = 500

    /// Writes the whole page of notifications.
    func writePage(instance: String, into html: inout HTMLWriter) {
        let dropped = overview.deliveriesGivenUp
        let worst: TokenHealth = dropped > 0 ? .warning : .ok
        let waiting = grouped(overview.deliveriesWaiting)
        PageFrame.begin(
            title: "Notifications – \(instance) – tokenwatchd",
            worst: worst,
            into: &html
        )
        PageFrame.writeHeader(
            of: "Notifications",
            instance: instance,
            clockLead: overview.summary.clockLead,
            verdict: ("\(waiting) pending, \(grouped(dropped)) dropped.", worst),
            at: now,
            into: &html
        )
        html.markup("<main>")
        write(into: &html)
        html.markup("</main>")
        PageFrame.writeFooter(json: [("notifications", "/v1/deliveries")], into: &html)
    }

    func write(into html: inout HTMLWriter) {
        html.markup("<section class=\"waits\"><h2>Pending notifications</h2>")
        defer { html.close("section") }
        guard let deliveries else {
            return html.markup("<p class=\"quiet\">The deliveries cannot be read.</p>")
        }
        if deliveries.waiting.isEmpty {
            html.markup("<p class=\"quiet\">No notification is pending.</p>")
        }
        list(deliveries.waiting, of: overview.deliveriesWaiting, into: &html)
        guard !deliveries.givenUp.isEmpty else { return }
        html.markup("<h3>Dropped</h3>")
        list(deliveries.givenUp.reversed(), of: overview.deliveriesGivenUp, into: &html)
    }

    private func list(_ shown: [ListedDelivery], of count: Int, into html: inout HTMLWriter) {
        guard !shown.isEmpty else { return }
        html.element("ol") { html in
            for delivery in shown { write(delivery, into: &html) }
        }
        guard count > shown.count else { return }
        html.element("p", ["class": "quiet"]) { html in
            html.text("And \(grouped(count - shown.count)) more")
            guard !hasPageOfItsOwn else { return html.text(".") }
            html.markup(": ")
            html.element("a", ["href": "/notifications"], text: "all notifications")
        }
    }

    private func write(_ delivery: ListedDelivery, into html: inout HTMLWriter) {
        html.element("li", ["class": delivery.knownSeverity.rawValue]) { html in
            html.time(delivery.createdAt, delivery.createdAt.distance(from: now))
            html.markup("<div>")
            html.element("b", text: delivery.channel)
            html.markup(" ")
            html.element("bdi", text: delivery.summary ?? "an event that cannot be read")
            html.element("p", ["class": "more"]) { html in
                if let givenUp = delivery.givenUpAt {
                    html.text("dropped \(givenUp.distance(from: now))")
                } else if delivery.attempts > 0 || delivery.nextAttemptAt > now {
                    html.text("\(counted(Int(delivery.attempts), "attempt")); ")
                    let next = delivery.nextAttemptAt
                    html.text("next \(next > now ? next.distance(from: now) : "now")")
                } else {
                    html.markup("in flight")
                }
                guard let error = delivery.lastError else { return }
                html.markup(": ")
                html.element("bdi", text: error)
            }
            html.markup("</div>")
        }
    }
}
