import Alerting
import Dispatch
import HTTP
import System

// Lists of tokens are read page by page, each apart from the watch's queue: one may have 50,000 rows.
extension Watch {
    /// Reads a page, then requests the next one or ends the poll.
    func read(
        _ reading: ListReading,
        of slot: Int,
        flight number: UInt64,
        _ result: HTTPResult,
        at now: Now
    ) {
        // The only copy goes along, so that it grows in place.
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
            answered(slot, flight: number, result, list: list)
        case .request(let request):
            flights[slot]?.reading = reading
            flights[slot]?.callStartedAt = ports.clock().moment
            send(request, of: slot, flight: number)
        }
    }
}
