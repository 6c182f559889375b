package import Alerting
package import HTTP
import System

/// What the watch needs from the world.
package struct WatchPorts: Sendable {
    /// The time that counts.
    package let clock: @Sendable () -> Now
    package let credible: CredibleClock
    /// The machine's clocks.
    let machineClock: @Sendable () -> Now
    /// Whether the kernel holds the clock synchronised that shows an instant now.
    let isSynchronised: @Sendable (Instant) -> Bool
    /// On the watch's own executor.
    var client: HTTPClient
    package let secrets: SecretReader
    /// The key of the secrets' digests.
    package let digestKey: [UInt8]

    /// - Parameters:
    ///   - clock: the machine's.
    ///   - isSynchronised: whether the kernel holds the clock synchronised that shows an instant.
    ///   - client: on the watch's own executor.
    ///   - secrets: reads the tokens' secrets.
    ///   - digestKey: of their digests.
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
