import Alerting
import Store

/// The periodic work.
extension Monitor {
    /// Warns of every unusable secret; reading 100,000 of them takes seconds.
    func warnOfSecrets() {
        let (configuration, secrets, log) = (configuration, secrets, log)
        // The watch holds the tokens.
        self.configuration.tokens = []
        Background.start {
            for error in configuration.secretErrors(secrets) { log.warning(error.description) }
        }
    }

    /// Removes old history and events.
    ///
    /// History older than `keep` goes soon after the start and once a day. The oldest entries of a
    /// record that is too large go within a minute.
    func pruneDaily() async {
        var minutes = 10
        while (try? await Task.sleep(for: .minutes(1))) != nil {
            minutes -= 1
            do {
                if minutes <= 0 {
                    minutes = 24 * 60
                    _ = try await store.prune(
                        now: clock(),
                        keep: configuration.historyKeep
                    )
                }
                guard store.figures().size > Store.largestDatabase else { continue }
                let count = try await store.trim(to: Store.largestDatabase)
                guard count > 0 else { continue }
                log.warning(
                    "the state is larger than \(Store.largestDatabase >> 20) MiB: the \(count) "
                        + "oldest entries of the history were removed, although history.keep has not "
                        + "passed"
                )
            } catch {
                log.error("old history cannot be removed: \(error)")
            }
        }
    }
}
