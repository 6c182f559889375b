package import Alerting
package import HTTP
import System

/// The resources that the watch needs from outside.
package struct WatchPorts: Sendable {
    /// The corrected clock.
    package let clock: @Sendable () -> Now
    package let credible: CredibleClock
    /// The machine's clocks.
    let machineClock: @Sendable () -> Now
    /// Whether the kernel synchronises the clock that currently shows an instant.
    let isSynchronised: @Sendable (Instant) -> Bool
    /// The HTTP client, on the watch's own executor.
    var client: HTTPClient
    package let secrets: SecretReader
    /// The key of the secrets' digests.
    package let digestKey: [UInt8]

    /// - Parameters:
    ///   - clock: the machine's clock.
    ///   - isSynchronised: whether the kernel synchronises the clock that shows an instant.
    ///   - client: the HTTP client, on the watch's own executor.
    ///   - secrets: reads the tokens' secrets.
    ///   - digestKey: the key of the secrets' digests.
    package init(
        clock: @escaping @Sendable () -> Now,
        isSynchronised: @escaping @Sendable (Instant) -> Bool = {
            SystemClock.isSynchronised(showing: $0)
        },
        client: HTTPClient,
        secrets: SecretReader,
        digestKey: [UInt8]
    ) {
        let credible = CredibleClock(clock)
        self.credible = credible
        self.clock = { credible.now() }
        machineClock = clock
        self.isSynchronised = isSynchronised
        self.client = client
        self.secrets = secrets
        self.digestKey = digestKey
    }
}
