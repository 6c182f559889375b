import Alerting
import Dispatch
import HTTP
import System

// Lists are read page by page, outside the watch's queue: a list may have 50,000 rows.
extension Polls {
    /// Reads a page, then requests the next one or ends the poll.
    func read(
        _ watch: isolated Watch,
        _ reading: ListReading,
        of slot: Int,
        flight number: UInt64,
        _ result: HTTPResult,
        at now: Now
    ) {
        // This drops the other copy of the reading, so that it grows in place.
        flights[slot]?.reading = nil
        let queue = watch.executor.queue
        Background.start { [watch] in
            var reading = reading
            let step = reading.take(result, at: now.instant)
            let read = reading
            queue.async {
                watch.assumeIsolated {
                    $0.polls.goOn($0, step, read, of: slot, flight: number, result)
                }
            }
        }
    }

    private func goOn(
        _ watch: isolated Watch,
        _ step: ListReading.Step,
        _ reading: ListReading,
        of slot: Int,
        flight number: UInt64,
        _ result: HTTPResult
    ) {
        guard let flight = flights[slot], flight.number == number, !watch.isStopping else { return }
        switch step {
        case .end(let list):
            putOff(watch, reading, of: slot, flight, list)
            answered(watch, slot, flight: number, result, list: list)
        case .request(let request):
            flights[slot]?.reading = reading
            flights[slot]?.callStartedAt = watch.ports.clock().moment
            send(watch, request, of: slot, flight: number)
        }
    }

    /// Keeps a partly read list if the provider limits the rate: the next poll continues there.
    private func putOff(
        _ watch: isolated Watch,
        _ reading: ListReading,
        of slot: Int,
        _ flight: Flight,
        _ list: ListEnd
    ) {
        // A page behind a login needs an access token, which may have expired by then.
        guard case .rateLimited = list.answer, reading.hasPages, flight.login == .none else {
            return
        }
        let startedAt = flight.listStartedAt ?? flight.startedAt
        putOffLists.keep(
            PutOffList(reading: reading, startedAt: startedAt),
            of: watch.engine.roster.settings[slot].id,
            with: flight.digest,
            until: startedAt + PutOffList.longest
        )
    }

    /// Takes a token's partly read list; nil if the next poll reads the list from its start.
    func takePutOffList(
        _ watch: isolated Watch,
        _ slot: Int,
        _ digest: SecretDigest,
        _ now: Now
    ) -> PutOffList? {
        let id = watch.engine.roster.settings[slot].id
        guard let list = putOffLists.find(of: id, with: digest, at: now.moment) else { return nil }
        putOffLists.drop(of: id)
        return list
    }
}

/// A partly read list.
struct PutOffList: Sendable {
    let reading: ListReading
    /// The time of the request for its first page.
    let startedAt: Moment

    /// The longest age of the pages that were read: rows and cursors change.
    static let longest: Duration = .hours(6)
}
