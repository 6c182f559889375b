import Alerting
import Dispatch
import HTTP
import System

// Lists are read page by page, outside the watch's queue: one may have 50,000 rows.
extension Watch {
    /// Reads a page, then requests the next one or ends the poll.
    func read(
        _ reading: ListReading,
        of slot: Int,
        flight number: UInt64,
        _ result: HTTPResult,
        at now: Now
    ) {
        // The only copy is handed over, so that it grows in place.
        flights[slot]?.reading = nil
        let queue = executor.queue
        Background.start { [self] in
            var reading = reading
            let step = reading.take(result, at: now.instant)
            let read = reading
            queue.async {
                self.assumeIsolated { $0.go(on: step, read, of: slot, flight: number, result) }
            }
        }
    }

    private func go(
        on step: ListReading.Step,
        _ reading: ListReading,
        of slot: Int,
        flight number: UInt64,
        _ result: HTTPResult
    ) {
        guard let flight = flights[slot], flight.number == number, !isStopping else { return }
        switch step {
        case .end(let list):
            putOff(reading, of: slot, flight, list)
            answered(slot, flight: number, result, list: list)
        case .request(let request):
            flights[slot]?.reading = reading
            flights[slot]?.callStartedAt = ports.clock().moment
            send(request, of: slot, flight: number)
        }
    }

    /// Keeps the part of a list that was read before a rate limit: the next poll continues there.
    private func putOff(
        _ reading: ListReading,
        of slot: Int,
        _ flight: Flight,
        _ list: ListEnd
    ) {
        // A page behind a login is requested with an access token, which may have ended by then.
        guard case .rateLimited = list.answer, reading.hasPages, flight.login == .none else {
            return
        }
        putOffLists[engine.roster.settings[slot].id] = PutOffList(
            reading: reading,
            digest: flight.digest,
            startedAt: flight.listStartedAt ?? flight.startedAt
        )
    }

    /// What was read of a token's list before the provider put it off; nil if it is read from its start.
    func takePutOffList(
        of slot: Int,
        _ digest: SecretDigest,
        _ now: Now
    ) -> ListReading? {
        guard !putOffLists.isEmpty,
            let list = putOffLists.removeValue(forKey: engine.roster.settings[slot].id),
            list.digest == digest, now.moment - list.startedAt < PutOffList.longest
        else { return nil }
        flights[slot]?.listStartedAt = list.startedAt
        return list.reading
    }
}

/// A list that was read in part.
struct PutOffList: Sendable {
    let reading: ListReading
    let digest: SecretDigest
    /// When its first page was requested.
    let startedAt: Moment

    /// What was read is older than that at no time: rows and cursors change.
    static let longest: Duration = .hours(6)
}
